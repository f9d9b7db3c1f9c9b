"""A batch of documents leaves the same index as the documents one by one, and what is fast finds what is plain."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from sqlalchemy import text

from bench.search_quality import judged_set
from core.database import Database
from services.search.analysis import terms_of, tokens
from services.search.embedded import EmbeddedEngine
from services.search.embedded.writing import Batch
from services.search.engine import Document, Key
from services.search.marking import Marker
from tests.unit.search.engine_conformance import document

_TABLES = {
    "item": "kind, id, audience, author_id, category, at, length, thread, languages, tags",
    "item_tag": "tag", "item_mark": "mark", "item_text": "shown, group_path",
    "tally": "facet, value, audience, items", "term": "term, bare, items", "term_pair": "pair",
    "words_vocabulary": "term, doc, cnt", "titles_vocabulary": "term, doc",
}  # fmt: skip


def _contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.writing() as session:
        for table in ("words", "titles"):
            session.execute(
                text(f"CREATE VIRTUAL TABLE IF NOT EXISTS {table}_vocabulary USING fts5vocab({table}, row)")
            )
        found = {
            table: sorted(tuple(row) for row in session.execute(text(f"SELECT {columns} FROM {table}")))
            for table, columns in _TABLES.items()
        }
        session.rollback()
    return found | {"tally": [row for row in found["tally"] if row[-1]]}


def _changes(chance: random.Random) -> list[Document | Key]:
    audiences, tags = ("public", "members", "group:abcdefgh"), ("wiki", "café", "map")
    found: list[Document | Key] = []
    for _ in range(60):
        name = f"d{chance.randrange(12)}"
        if chance.random() < 0.2:
            found.append(Key("topic", name))
            continue
        of = chance.choice(judged_set()[0]).texts[0]
        found.append(
            document(
                name, of.title, of.body, of.language, audience=chance.choice(audiences),
                tags=tuple(chance.sample(tags, chance.randrange(3))), marks=("has:picture",) * chance.randrange(2),
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_leaves_what_its_documents_leave_one_by_one(database: Database, seed: int) -> None:
    changes = _changes(random.Random(seed))
    for size in (1, 7, 60):
        with database.writing() as session:
            engine = EmbeddedEngine(session)
            engine.remove([Key("topic", f"d{number}") for number in range(12)])
            for first in range(0, len(changes), size):
                batch = Batch(engine)
                for change in changes[first : first + size]:
                    if isinstance(change, Key):
                        batch.remove([change])
                    else:
                        batch.index([change])
                batch.write()
        found = _contents(database)
        if size == 1:
            expected = found
            assert expected["item"]
            assert expected["term_pair"]
        for table in _TABLES:
            assert found[table] == expected[table], (table, size)


def test_terms_are_those_of_tokens() -> None:
    for each in judged_set()[0]:
        for value in (each.texts[0].title, each.texts[0].body):
            found = list(tokens(value, each.texts[0].language))
            ordered = [token.term for token in found if not token.further]
            further = [token.term for token in found if token.further]
            assert terms_of(value, each.texts[0].language) == (ordered, further)


def test_marked_are_the_words_of_the_terms_that_are_looked_for() -> None:
    chance = random.Random(1)
    for each in judged_set()[0]:
        (of,) = each.texts
        found = list(tokens(of.body, of.language))
        wanted = {token.term for token in chance.sample(found, min(3, len(found)))}
        begins = chance.choice(found).term[:6]
        spans = Marker([(frozenset(wanted), (begins,))]).spans(of.body, of.language)
        marked = {place for start, end in spans for place in range(start, end)}
        assert marked == {
            place
            for token in found
            if token.term in wanted or token.term.startswith(begins)
            for place in range(token.start, token.end)
        }
        assert all(one[1] < other[0] for one, other in pairwise(spans))
