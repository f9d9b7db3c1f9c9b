"""The embedded engine passes the conformance suite and leaves no terms behind in its full-text tables."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from contracts.search import SearchQuery
from core.database import Database
from services.search.embedded import EmbeddedEngine
from services.search.engine import Engine, Key
from tests.unit.search.asking_conformance import AskingConformance
from tests.unit.search.engine_conformance import PUBLIC, EngineConformance, document
from tests.unit.search.near_conformance import NearConformance, places


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    with database.writing() as session:
        yield EmbeddedEngine(session, places)


class TestEmbedded(EngineConformance, AskingConformance, NearConformance):
    """The conformance suite on the embedded engine."""


def test_what_is_taken_out_leaves_nothing_behind(database: Database) -> None:
    with database.writing() as session:
        engine = EmbeddedEngine(session)
        engine.index(
            [
                document("a", "One together", "three", tags=("x",), marks=("has:picture",), point=(1.5, 2.5)),
                document("b", "One", "four", "ja", point=(1.5, 2.5)),
            ]
        )
        engine.index([document("a", "Five", "six"), document("b", "One", "four", "ja")])
        engine.remove([Key("topic", "a"), Key("topic", "b")])
        for table in ("words", "titles"):
            session.execute(text(f"CREATE VIRTUAL TABLE {table}_terms USING fts5vocab({table}, row)"))
            assert session.execute(text(f"SELECT term FROM {table}_terms")).all() == []
        for table in (
            "item",
            "item_text",
            "item_language",
            "item_tag",
            "item_mark",
            "item_point",
            "term",
            "term_pair",
        ):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        assert session.execute(text("SELECT sum(items) FROM tally WHERE items <> 0")).scalar() is None


def test_a_page_of_hits_costs_a_bounded_number_of_statements(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index([document(f"d{n}", "wiki", tags=("x", "y")) for n in range(40)])
    statements: list[str] = []
    with database.reading() as session:
        driver: Any = session.connection().connection.dbapi_connection
        driver.set_trace_callback(lambda line: statements.append(line) if not line.startswith("--") else None)
        assert len(EmbeddedEngine(session).search(SearchQuery(q="wiki", limit=40), PUBLIC).items) == 40
        driver.set_trace_callback(None)
    assert len(statements) == 7  # and one more for each word, if there are several
