"""The HTML of the descriptions of people and groups is stored when they are."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from contracts.people import ChangeProfile, CreateGroup, SetGroupText
from core.audience import STRANGER
from core.database import Database
from core.markup_cooked import RENDERER, cook
from services.people import actions, queries
from services.people.actions.descriptions import recook_groups, recook_people
from services.people.tables import GroupWords, Person
from tests.unit.harness import migrate
from tests.unit.people.harness import Enrol, insert_person


def check_all(session: Session) -> tuple[int, int]:
    """Every description has what is made of it; returns how many there are, of people and of groups."""
    session.flush()
    session.expire_all()
    people, groups = session.scalars(select(Person)).all(), session.scalars(select(GroupWords)).all()
    for person in people:
        cooked = cook(person.about, [*person.languages, "en"][0])
        assert (person.html, person.renderer) == (cooked.html, RENDERER)
    for words in groups:
        cooked = cook(words.about, words.language)
        assert (words.html, words.excerpt, words.renderer) == (cooked.html, cooked.excerpt, RENDERER)
    return len(people), len(groups)


def test_it_is_stored_at_sign_up_and_with_each_change(database: Database, enrol: Enrol) -> None:
    sam = enrol("sam")
    with database.writing() as session:
        assert check_all(session) == (1, 0)
        changed = actions.change_profile(session, sam, ChangeProfile(about="*Maps* of [[Lagos]]"))
        assert check_all(session) == (1, 0)
        in_german = actions.change_profile(session, sam, ChangeProfile(languages=["de"]))
        assert check_all(session) == (1, 0)
        assert queries.person(session, STRANGER, "sam").html == in_german.html
    assert changed.html is not None
    assert in_german.html == changed.html.replace(".invalid/en/", ".invalid/de/")


def test_it_is_stored_with_a_group_and_its_translation(database: Database, enrol: Enrol) -> None:
    sam = enrol("sam")
    group = CreateGroup(slug="maps", kind="open", language="en", name="Maps", about="**One** of us")
    with database.writing() as session:
        made = actions.create_group(session, sam, group)
        actions.set_group_text(
            session, sam, "maps", SetGroupText(language="de", name="Karten", about="*Zwei*")
        )
        actions.set_group_text(session, sam, "maps", SetGroupText(language="en", name="Maps", about="*Two*"))
        assert check_all(session) == (1, 2)
        (line,) = queries.groups(session, STRANGER, None, 10).items
    assert (made.html, made.excerpt) == ("<p><strong>One</strong> of us</p>\n", "One of us")
    assert (line.html, line.excerpt) == ("<p><em>Two</em></p>\n", "Two")


def test_what_an_earlier_renderer_made_is_not_shown_and_is_renewed(database: Database, enrol: Enrol) -> None:
    sam, _ = enrol("sam"), enrol("ana")
    group = CreateGroup(slug="maps", kind="open", language="en", name="Maps", about="*One*")
    with database.writing() as session:
        actions.create_group(session, sam, group)
        session.flush()
        for table in ("person", "group_words"):
            session.execute(text(f"UPDATE {table} SET html = 'old', renderer = 0"))
        session.expire_all()
        assert queries.person(session, STRANGER, "sam").html is None
        assert queries.group(session, sam, "maps").html is None
        assert [recook_people(session, 1) for _ in range(3)] == [1, 1, 0]
        assert [recook_groups(session, 9) for _ in range(2)] == [1, 0]
        assert check_all(session) == (2, 1)


def test_the_html_of_old_descriptions_is_made_once(empty_database: Database) -> None:
    group = (
        "INSERT INTO space_group (id, slug, kind, language, founder_id, created_at, members)"
        " VALUES ('g', 'maps', 'open', 'en', 'sam', '2026-01-02 03:04:05+00:00', 1)"
    )
    words = (
        "INSERT INTO group_words (group_id, language, name, about) VALUES ('g', :language, 'Maps', '*Maps*')"
    )
    migrate(empty_database, "people", "0012")
    with empty_database.writing() as session:
        insert_person(session, "sam", "sam", languages='["de", "en"]', about="[[Lagos]]")
        insert_person(session, "ana", "ana")
        session.execute(text(group))
        for language in ("en", "de"):
            session.execute(text(words), {"language": language})
    migrate(empty_database, "people")
    with empty_database.writing() as session:
        assert check_all(session) == (2, 2)
        assert (recook_people(session, 9), recook_groups(session, 9)) == (0, 0)
