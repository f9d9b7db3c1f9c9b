"""An index that an older analysis made is renewed while it is in use."""

from __future__ import annotations

import json
import unicodedata
import zlib
from importlib import metadata
from pathlib import Path

from sqlalchemy import text

from contracts.search import SearchQuery
from core.database import Database
from services.search.analysis import VERSION
from services.search.embedded import EmbeddedEngine
from services.search.embedded.dictionaries import Dictionaries
from services.search.embedded.hits import driver_of
from services.search.embedded.stored import pack
from services.search.embedded.upgrade import STEP, renew
from tests.unit.harness import migrate, new_database
from tests.unit.search.engine_conformance import INSIDER, document, ids


def _made_by_an_older_analysis(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index(
            [document("it", body="older", language="es", tags=("old",), audience="members")]
        )
        EmbeddedEngine(session).set_author_name("p", "maria")
        spanish = document("it", body="la fotografía", language="es")
        shown = pack(spanish, Dictionaries(driver_of(session)))
        session.execute(text("UPDATE item_text SET shown = :shown"), {"shown": shown})
        for table, column in (("item", "tags"), ("item_tag", "tag"), ("tally", "value")):
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
        session.execute(text("UPDATE analysis SET version = '1'"))
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
    assert len(answers) == 3


def _terms(database: Database) -> list[tuple[object, ...]]:
    """All terms of the index by document, and those that similar words are found by."""
    with database.reading() as session:
        found = [
            *session.execute(
                text("SELECT id, term, col, offset FROM words_instance LEFT JOIN item ON item.row = doc")
            ),
            *session.execute(text("SELECT bare, term, items, pair FROM term JOIN term_pair USING (id)")),
        ]
    return sorted((tuple(row) for row in found), key=repr)


def test_what_changes_during_a_renewal_leaves_no_terms_of_before(database: Database, tmp_path: Path) -> None:
    documents = [document(f"d{n}", f"Title {n}", f"text{n} shared") for n in range(3 * STEP)]
    with database.writing() as session:
        EmbeddedEngine(session).index(documents)
        session.execute(text("UPDATE analysis SET version = 'other'"))
    changed = [document("d1", "New", "renewed"), document("d55", "New", "yetcoming"), document("new", "More")]
    steps: list[float] = []

    def change(seconds: float) -> None:
        steps.append(seconds)
        if len(steps) == 1:
            with database.writing() as session:
                engine = EmbeddedEngine(session)
                engine.index(changed)
                engine.remove([documents[2].key, documents[50].key])
                assert ids(engine, "renewed", INSIDER) == ["d1"]
                assert ids(engine, "text1", INSIDER) == ids(engine, "text2", INSIDER) == []

    renew(database, change)
    with new_database("sqlite", tmp_path) as fresh:
        migrate(fresh, "search")
        with fresh.writing() as session:
            engine = EmbeddedEngine(session)
            engine.index(documents)
            engine.index(changed)
            engine.remove([documents[2].key, documents[50].key])
        assert _terms(database) == _terms(fresh)
    assert len(steps) > 2


def test_a_renewal_by_another_release_counts_for_nothing(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index([document("a", body="one"), document("b", body="two")])
        session.execute(text("UPDATE analysis SET version = 'older'"))
        session.execute(text("INSERT INTO renewal VALUES ('other', 1)"))
        EmbeddedEngine(session).remove([document("a").key])
    renew(database, lambda _seconds: None)
    with database.reading() as session:
        assert ids(EmbeddedEngine(session), "two", INSIDER) == ["b"]
        assert session.execute(text("SELECT version FROM analysis")).all() == [(VERSION,)]
        assert session.execute(text("SELECT * FROM renewal")).all() == []


def test_the_version_tells_of_the_stemmers_and_of_the_characters() -> None:
    for each in (metadata.version("snowballstemmer"), unicodedata.unidata_version):
        assert each in VERSION.split("/")


def test_a_rebuild_meanwhile_ends_the_renewal(database: Database) -> None:
    with database.writing() as session:
        EmbeddedEngine(session).index([document(f"d{n}") for n in range(2 * STEP)])
        session.execute(text("UPDATE analysis SET version = '1'"))
    steps: list[float] = []

    def replace_index(seconds: float) -> None:
        steps.append(seconds)
        with database.writing() as session:
            session.execute(text(f"UPDATE analysis SET version = '{VERSION}'"))

    renew(database, replace_index)
    assert len(steps) == 2


def test_an_index_of_this_version_is_left_alone(database: Database) -> None:
    _made_by_an_older_analysis(database)
    with database.writing() as session:
        session.execute(text(f"INSERT INTO analysis VALUES ('{VERSION}')"))
    migrate(database, "search")
    renew(database)
    with database.reading() as session:
        assert ids(EmbeddedEngine(session), "older", INSIDER) == ["it"]


def test_documents_of_earlier_releases_are_taken_over(tmp_path: Path) -> None:
    with new_database("sqlite", tmp_path) as database:
        migrate(database, "search", "0013")
        values = {
            "terms": zlib.compress(
                json.dumps(dict.fromkeys(("title", "tags", "body", "author"), "x")).encode()
            ),
            "texts": json.dumps([["en", "Title", "some words"], ["de", "Titel", "W\u00f6rter"]]),
        }
        with database.writing() as session:
            for statement in (
                "INSERT INTO item (kind, id, audience, at, boost, length) VALUES ('group', 'a', 'public', 0, 1, 5)",
                "INSERT INTO item_text VALUES (1, '/groups/a', :texts, '[\"key\"]', 1, :terms)",
                "INSERT INTO item_language VALUES (1, 'en'), (1, 'de')",
                "INSERT INTO item_tag VALUES (1, 'maps'), (1, 'help')",
                "INSERT INTO tally VALUES ('language', 'en', 'public', 1), ('language', 'de', 'public', 1)",
                "INSERT INTO words (rowid, title, tags, body, author) VALUES (1, 'x', 'x', 'x', 'x')",
            ):
                session.execute(text(statement), values)
        migrate(database, "search")
        renew(database, lambda _seconds: None)
        with database.reading() as session:
            engine = EmbeddedEngine(session)
            (found,) = engine.documents()
            assert (found.path, found.tags, found.keywords) == ("/groups/a", ("help", "maps"), ("key",))
            assert [each.title for each in found.texts] == ["Title", "Titel"]
            assert ids(engine, "worter lang:de tag:maps group:a") == []
            assert ids(engine, "worter lang:de tag:maps") == ["a"]
            assert session.execute(text("SELECT term FROM words_instance WHERE term = 'x'")).all() == []
