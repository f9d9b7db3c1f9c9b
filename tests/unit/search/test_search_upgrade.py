"""An index that an older analysis made is renewed while it is in use."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from sqlalchemy import text

from contracts.search import SearchQuery
from core.database import Database
from services.search.analysis import VERSION
from services.search.embedded import EmbeddedEngine
from services.search.embedded.upgrade import STEP, renew
from tests.unit.harness import migrate, new_database
from tests.unit.search.engine_conformance import INSIDER, document, ids


def _made_by_an_older_analysis(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index(
            [document("it", body="older", language="es", tags=("old",), audience="members")]
        )
        EmbeddedEngine(session).set_author_name("p", "maria")
        session.execute(text("""UPDATE item_text SET texts = '[["es", "", "la fotografía"]]'"""))
        for table, column in (("item_tag", "tag"), ("tally", "value")):
            session.execute(text(f"UPDATE {table} SET {column} = 'i\u0307stanbul' WHERE {column} = 'old'"))
        session.execute(text("UPDATE author_name SET folded = 'mar\u02bcia'"))
        session.execute(text("DELETE FROM analysis"))


def test_an_older_index_is_renewed_once(database: Database) -> None:
    _made_by_an_older_analysis(database)
    for _ in range(2):
        migrate(database, "search")
        renew(database, lambda _seconds: None)
        with database.reading() as session:
            engine = EmbeddedEngine(session)
            assert ids(engine, "fotografia", INSIDER) == ["it"]
            assert ids(engine, "older", INSIDER) == []
            found = engine.search(SearchQuery(), INSIDER)
            assert [(facet.value, facet.count) for facet in found.tags] == [("istanbul", 1)]
            assert found.hints == []
            assert session.execute(text("SELECT folded FROM author_name")).all() == [("maria",)]
            assert session.execute(text("SELECT version FROM analysis")).all() == [(VERSION,)]


def test_an_older_index_is_in_use_until_it_is_renewed(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index([document(f"d{n}", body="found") for n in range(2 * STEP + 1)])
        session.execute(text("UPDATE analysis SET version = 1"))
    migrate(database, "search")
    answers: list[tuple[int | None, list[str]]] = []

    def ask(_seconds: float) -> None:
        with database.writing() as session:  # somebody writes meanwhile
            EmbeddedEngine(session).index([document(f"e{len(answers)}", body="found")])
        with database.reading() as session:
            found = EmbeddedEngine(session).search(SearchQuery(q="found"), INSIDER)
        answers.append((found.total, [hint.code for hint in found.hints]))

    renew(database, ask)
    total = 2 * STEP + 1
    assert answers[0] == (total + 1, ["index-renewed"])
    assert answers[-1] == (total + len(answers), [])
    assert len(answers) > 3


def test_a_rebuild_meanwhile_ends_the_renewal(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index([document(f"d{n}") for n in range(2 * STEP)])
        session.execute(text("UPDATE analysis SET version = 1"))
    steps: list[float] = []

    def replace_index(seconds: float) -> None:
        steps.append(seconds)
        with database.writing() as session:
            session.execute(text(f"UPDATE analysis SET version = {VERSION}"))

    renew(database, replace_index)
    assert len(steps) == 2


def test_an_index_of_this_version_is_left_alone(database: Database) -> None:
    _made_by_an_older_analysis(database)
    with database.writing() as session:
        session.execute(text(f"INSERT INTO analysis VALUES ({VERSION})"))
    migrate(database, "search")
    renew(database)
    with database.reading() as session:
        assert ids(EmbeddedEngine(session), "older", INSIDER) == ["it"]


def test_documents_of_earlier_releases_have_a_length(tmp_path: Path) -> None:
    with new_database("sqlite", tmp_path) as database:
        migrate(database, "search", "0006")
        terms = zlib.compress(
            json.dumps({"title": "a b", "tags": "", "body": "c d e", "author": "x"}).encode()
        )
        with database.writing() as session:
            session.execute(
                text("INSERT INTO item (kind, id, audience, at, boost) VALUES ('topic', 'a', 'public', 0, 1)")
            )
            session.execute(
                text("INSERT INTO item_text VALUES (1, '/', '[]', '[]', 1, :terms)"), {"terms": terms}
            )
        migrate(database, "search")
        with database.reading() as session:
            assert session.scalar(text("SELECT length FROM item")) == 5
