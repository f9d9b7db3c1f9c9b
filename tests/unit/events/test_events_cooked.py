"""The HTML and the plain text of each version of an event are stored when its text is."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from contracts.events import ChangeEvent, SetEventVersion
from core.audience import STRANGER
from core.database import Database
from core.markup_cooked import RENDERER, cook
from services.events import actions, queries
from services.events.actions.recook import recook
from services.events.tables import VersionRow
from tests.unit.events.harness import ANNA, BEN, Make
from tests.unit.harness import insert_row, migrate


def check_all(session: Session) -> int:
    """Every version has what is made of its text; returns how many there are."""
    versions = session.scalars(select(VersionRow)).all()
    for version in versions:
        cooked = cook(version.body, version.language)
        assert (version.html, version.plain, version.renderer) == (cooked.html, cooked.plain, RENDERER)
    return len(versions)


def test_it_is_stored_with_the_original_a_change_and_a_translation(database: Database, make: Make) -> None:
    made = make(body="**One** [[Page]]")
    assert made.plain == "One Page"
    with database.writing() as session:
        german = SetEventVersion(language="de", title="A", body="*Zwei*")
        assert actions.set_event_version(session, BEN, made.id, german).html == "<p><em>Zwei</em></p>\n"
    with database.writing() as session:
        present = queries.event(session, ANNA, made.id, None, "en")
        change = ChangeEvent(revision=present.revision, body="# Three")
        assert actions.change_event(session, ANNA, made.id, change).html == "<h2>Three</h2>\n"
    with database.reading() as session:
        assert check_all(session) == 2


def test_what_an_earlier_renderer_made_is_not_shown_and_is_renewed(database: Database, make: Make) -> None:
    made = make()
    with database.writing() as session:
        session.execute(text("UPDATE event_version SET html = 'old', renderer = 0, plain = 'old'"))
    with database.writing() as session:
        shown = queries.event(session, STRANGER, made.id, None, None)
        assert (shown.html, shown.plain) == (None, None)
        assert [recook(session, 5), recook(session, 5)] == [1, 0]
        session.expire_all()
        assert check_all(session) == 1


def test_the_html_of_old_events_is_made_once(empty_database: Database) -> None:
    migrate(empty_database, "events", "0008")
    insert_row(empty_database, "event", id="e1", original_language="en", timezone="UTC")
    for language, body in (("en", "**Hello** [[Page]]"), ("de", "*Hallo*")):
        insert_row(empty_database, "event_version", event_id="e1", language=language, body=body)
    migrate(empty_database, "events")
    with empty_database.writing() as session:
        assert check_all(session) == 2
        assert recook(session, 9) == 0
