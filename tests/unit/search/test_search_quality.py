"""The embedded engine answers the judged queries at least as well as it did when these figures were taken."""

from __future__ import annotations

import pytest

from bench.search_quality import fill, judge, judged_set, languages
from core.database import Database
from services.search.embedded import EmbeddedEngine

SUCCESS, NDCG = 0.995, 0.99
"""The last measured figures, rounded down. They may only rise; success@3 must not be below 0.95 in any case."""

OF_A_LANGUAGE = 0.75
"""The least success@3 of one language."""


def test_the_judged_set_is_large_enough_and_right() -> None:
    documents, _, queries = judged_set()
    assert len(queries) >= 300
    assert len(languages()) >= 20
    ids = [document.key.id for document in documents]
    assert len(ids) == len(set(ids))
    assert {right for query in queries for right in query.right} <= set(ids)
    assert len({(query.language, query.q) for query in queries}) == len(queries)


@pytest.mark.slow
def test_judged_queries_find_what_answers_them(database: Database) -> None:
    with database.writing() as session:
        engine = EmbeddedEngine(session)
        fill(engine)
        quality = judge(engine)
    assert quality.success >= SUCCESS, quality.missed
    assert quality.ndcg >= NDCG
    assert {
        code: quality.of(code).success for code in languages() if quality.of(code).success < OF_A_LANGUAGE
    } == {}
