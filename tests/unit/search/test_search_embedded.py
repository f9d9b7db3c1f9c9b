"""The embedded engine passes the conformance suite and leaves no terms behind in its full-text tables."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from contracts.search import Facet, Hit, SearchQuery, SearchResult
from core.database import Database
from services.search.embedded import EmbeddedEngine
from services.search.embedded.dictionaries import Dictionaries
from services.search.embedded.hits import driver_of
from services.search.embedded.kept import KeptAnswers, kept
from services.search.engine import Document, Engine, Key, Reader
from services.search.ranking import MOST_COUNTED
from tests.unit.search.asking_conformance import AskingConformance
from tests.unit.search.engine_conformance import INSIDER, PUBLIC, SOME_DAY, EngineConformance, document
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
        for table in ("item", "item_text", "item_tag", "item_mark", "item_point", "term", "term_pair"):
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
    assert len(statements) == 8  # and one more for each further word


def _many(engine: Engine) -> None:
    """An old item with the word in its title, and many newer ones of which the first two are events with a tag."""
    old = document("old", "Harbour", "walk", at=SOME_DAY - timedelta(days=9))
    events = [document(f"e{n}", "Walk", "the harbour", kind="event", tags=("boats",)) for n in range(2)]
    newer = [
        document(f"d{n}", "Walk", "the harbour", at=SOME_DAY + timedelta(hours=n))
        for n in range(MOST_COUNTED + 5)
    ]
    engine.index([old, *events, *newer])


def test_of_many_hits_the_newest_are_counted_and_ranked(engine: Engine) -> None:
    _many(engine)
    found = engine.search(SearchQuery(q="harbour", limit=3), PUBLIC)
    assert (found.total, found.at_least) == (MOST_COUNTED, True)
    assert found.kinds == [Facet(value="topic", count=MOST_COUNTED)]
    last = MOST_COUNTED + 4
    assert [hit.id for hit in found.items] == ["old", f"d{last}", f"d{last - 1}"]
    both = engine.search(SearchQuery(q="walk harbour", limit=3), PUBLIC)
    assert [hit.id for hit in both.items] == [f"d{last}", f"d{last - 1}", f"d{last - 2}"]
    by_time = engine.search(SearchQuery(q="harbour", sort="oldest", limit=2), PUBLIC)
    assert [hit.id for hit in by_time.items] == ["old", "e0"]
    # A filter finds what is not among the newest, and facets count without it.
    events = engine.search(SearchQuery(q="harbour kind:event"), PUBLIC)
    assert (events.total, events.at_least) == (2, False)
    assert sorted(hit.id for hit in events.items) == ["e0", "e1"]
    assert events.tags == [Facet(value="boats", count=2)]
    assert events.kinds == [Facet(value="topic", count=MOST_COUNTED)]
    # Without words and filters everything is counted.
    everything = engine.search(SearchQuery(), PUBLIC)
    assert (everything.total, everything.at_least) == (MOST_COUNTED + 8, False)


def test_what_is_hidden_changes_neither_what_is_counted_nor_its_order(engine: Engine) -> None:
    _many(engine)
    asked = [SearchQuery(q=q) for q in ("harbour", "walk harbour", "harbour kind:topic", "harbor wlak")]
    before = [engine.search(each, PUBLIC).model_dump_json() for each in asked]
    hidden = {"audience": "group:0000000000000001"}
    days = [SOME_DAY + timedelta(days=number) for number in range(MOST_COUNTED + 5)]
    engine.index([document(f"s{n}", "Harbour", "walk harbour", at=at, **hidden) for n, at in enumerate(days)])
    assert [engine.search(each, PUBLIC).model_dump_json() for each in asked] == before


def test_an_answer_is_kept_until_the_index_changes(database: Database) -> None:
    made: list[str] = []

    def ask(reader: Reader, q: str) -> list[str]:
        with database.reading() as session:

            def search() -> SearchResult:
                made.append(q)
                return EmbeddedEngine(session).search(SearchQuery(q=q), reader)

            return sorted(hit.id for hit in kept(session, SearchQuery(q=q), reader, search).items)

    def index(*documents: Document) -> None:
        with database.writing() as session:
            EmbeddedEngine(session).index(documents)

    index(document("a", "harbour"), document("b", "harbour", audience="group:0000000000000001"))
    for _ in range(3):
        assert ask(PUBLIC, "harbour") == ["a"]
        assert ask(INSIDER, "harbour") == ["a", "b"]
    assert len(made) == 2
    index(document("a", "elsewhere"))
    assert ask(PUBLIC, "harbour") == []
    with database.writing() as session:
        EmbeddedEngine(session).set_author_name("x" * 16, "Harbour")
    index(document("c", author_id="x" * 16))
    assert ask(PUBLIC, "harbour") == ["c"]
    with database.writing() as session:
        EmbeddedEngine(session).remove([document("c").key])
    assert ask(PUBLIC, "harbour") == []


def test_few_long_answers_are_kept() -> None:
    answers, hits = KeptAnswers(), cast(list[Hit], [None] * 1_000)
    full = SearchResult.model_construct(items=hits)
    for number in range(7):
        answers.put(1, (PUBLIC, str(number)), full)
        answers.put(1, (PUBLIC, str(number)), full)
    kept_ones = [number for number in range(7) if answers.get(1, (PUBLIC, str(number))) is not None]
    assert kept_ones == [2, 3, 4, 5, 6]


def test_an_answer_that_a_write_overtook_is_not_kept(database: Database) -> None:
    with database.reading() as session:

        def search() -> SearchResult:
            answer = EmbeddedEngine(session).search(SearchQuery(q="harbour"), PUBLIC)
            with database.writing() as other:
                EmbeddedEngine(other).index([document("a", "harbour")])
            return answer

        assert kept(session, SearchQuery(q="harbour"), PUBLIC, search).items == []
    with database.reading() as session:
        found = EmbeddedEngine(session)
        asked = SearchQuery(q="harbour")
        (hit,) = kept(session, asked, PUBLIC, lambda: found.search(asked, PUBLIC)).items
        assert hit.id == "a"


def test_texts_are_packed_with_words_that_several_people_have_written(database: Database) -> None:
    with database.writing() as session:
        engine = EmbeddedEngine(session)
        for number in range(9):
            body = f"often {'rarely ' * (number % 3 == 0)}"
            engine.index([document(f"d{number}", "Harbour", body, author_id=f"{number % 3:016}")])
        Dictionaries(driver_of(session), sizes=(9,)).grow(9)
        after = document("after", "Harbour", "often \ud800 rarely", author_id="0" * 16)
        engine.index([document("later", "Harbour", "often"), after])
        (words,) = session.execute(text("SELECT words FROM dictionary")).scalars()
        assert b"often" in words
        assert b"rarely" not in words
        packed = session.execute(text("SELECT hex(shown) FROM item_text ORDER BY row")).scalars().all()
        assert [each[:2] for each in packed] == ["00"] * 9 + ["01"] * 2
        assert len(packed[9]) < len(packed[1])
        assert len(list(engine.documents())) == 11
        assert engine.document(after.key) == after
