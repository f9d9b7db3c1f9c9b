"""What events said before: kept with each change, and withheld."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from contracts.events import ChangeEvent, EventView, SetEventVersion
from contracts.revisions import TextRevision, Withhold
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.events import actions, queries
from services.events.actions.texts import EDITS_PERIOD, MOST_EDITS
from services.events.queries import history
from services.events.tables import EventRow
from tests.unit.events.harness import ANNA, BEN, MODERATOR, NOW, Make
from tests.unit.harness import insert_row, meet, migrate, pages_of
from tests.unit.users import CIRCLE, GROUP_MODERATOR, INSIDER

REASON = Withhold(reason="A private address.")


def texts(
    database: Database, viewer: Viewer, made: EventView, language: str | None = None
) -> list[TextRevision]:
    with database.reading() as session:
        return history.event_revisions(session, viewer, made.id, language, None, 50).items


def change(database: Database, viewer: Viewer, made: EventView, **fields: str) -> None:
    with database.writing() as session:
        revision = session.get_one(EventRow, made.id).revision
        actions.change_event(session, viewer, made.id, ChangeEvent(revision=revision, **fields))


def translate(database: Database, viewer: Viewer, made: EventView, title: str) -> None:
    with database.writing() as session:
        command = SetEventVersion(language="de", title=title, body="Bring etwas mit.")
        actions.set_event_version(session, viewer, made.id, command)


def withhold(session: Session, viewer: Viewer, made: EventView, revision: int = 1) -> None:
    actions.withhold_revision(session, viewer, made.id, "en", revision, REASON)


def show(session: Session, viewer: Viewer, made: EventView, revision: int = 1) -> None:
    actions.show_revision(session, viewer, made.id, "en", revision)


def revision_events(database: Database) -> list[Recorded]:
    with database.reading() as session:
        return [each for each in events_after(session, "events", 0, 100) if ".revision." in each.type]


def edited(database: Database, make: Make, viewer: Viewer = ANNA, **fields: str) -> EventView:
    """Anna's event with two texts before the one that is shown."""
    made = make(viewer, body="Secret.", **fields)
    change(database, viewer, made, body="Second.")
    change(database, viewer, made, title="Third")
    return made


def test_each_text_is_kept_with_who_wrote_it(database: Database, make: Make) -> None:
    made = edited(database, make)
    change(database, MODERATOR, made, body="Fourth.")
    found = texts(database, STRANGER, made)
    assert [(each.revision, each.title, each.body) for each in found] == [
        (4, "Third", "Fourth."),
        (3, "Third", "Second."),
        (2, "Edit evening", "Second."),
        (1, "Edit evening", "Secret."),
    ]
    people = [MODERATOR.person_id, *[ANNA.person_id] * 3]
    assert [each.by_id for each in found] == people
    assert {each.at for each in found} == {NOW}
    with database.reading() as session:
        assert queries.event(session, STRANGER, made.id, None, None).edits == 3


def test_what_changes_no_text_adds_nothing(database: Database, make: Make) -> None:
    made = make()
    change(database, ANNA, made, online_url="https://meet.example.org/other", body="Bring a laptop.")
    for _ in range(2):
        translate(database, BEN, made, "Schreibabend")
    assert len(texts(database, STRANGER, made)) == 1
    assert len(texts(database, STRANGER, made, "de")) == 1


def test_translations_have_histories_of_their_own(database: Database, make: Make) -> None:
    made = make()
    translate(database, BEN, made, "Schreibabend")
    translate(database, ANNA, made, "Abend des Schreibens")
    found = texts(database, STRANGER, made, "de")
    assert [(each.title, each.by_id, each.language) for each in found] == [
        ("Abend des Schreibens", ANNA.person_id, "de"),
        ("Schreibabend", BEN.person_id, "de"),
    ]
    assert [each.language for each in texts(database, STRANGER, made)] == ["en"]
    assert [each.language for each in texts(database, STRANGER, made, "fr")] == ["en"], "as the event itself"


def test_pages_are_whole(database: Database, make: Make) -> None:
    made = edited(database, make)

    with database.reading() as session:
        found = pages_of(lambda after: history.event_revisions(session, STRANGER, made.id, None, after, 1))
        assert found == texts(database, STRANGER, made)
        for cursor in ("x", "1_x", "1_99999999999"):
            with pytest.raises(Invalid):
                history.event_revisions(session, STRANGER, made.id, None, cursor, 1)


def test_that_of_a_deleted_event_is_for_whom_the_event_is(database: Database, make: Make) -> None:
    made = edited(database, make)
    with database.writing() as session:
        actions.delete_event(session, MODERATOR, made.id, Delete(reason="spam"))
    for viewer in (ANNA, MODERATOR):
        assert len(texts(database, viewer, made)) == 3
    for viewer in (STRANGER, BEN):
        with pytest.raises(NotFound):
            texts(database, viewer, made)
        with pytest.raises((NotFound, SignInNeeded)), database.writing() as session:
            withhold(session, viewer, made)
    with database.writing() as session:
        withhold(session, MODERATOR, made)
        actions.restore_event(session, MODERATOR, made.id)
    assert [each.body for each in texts(database, STRANGER, made)] == ["Second.", "Second.", ""]


@pytest.mark.parametrize("by", [ANNA, MODERATOR])
def test_a_withheld_text_is_shown_to_nobody_but_moderators(
    database: Database, make: Make, by: Viewer
) -> None:
    made = edited(database, make)
    with database.writing() as session:
        withhold(session, by, made)
        withhold(session, by, made)
    for viewer in (STRANGER, BEN, ANNA):
        first = texts(database, viewer, made)[-1]
        assert (first.title, first.body, first.may_show_again) == ("", "", False)
        assert first.withheld is not None
        assert (first.withheld.by_id, first.withheld.reason) == (by.person_id, REASON.reason)
    assert texts(database, MODERATOR, made)[-1].body == "Secret."
    with database.reading() as session:
        assert queries.event(session, STRANGER, made.id, None, None).withholds
    (event,) = revision_events(database)
    found = (event.type, event.audience, event.subject)
    assert found == ("events.revision.withheld", "public", f"event/{made.id}")
    assert "Secret" not in str(event.data)


def test_who_wrote_it_and_moderators_may_and_only_moderators_undo_it(database: Database, make: Make) -> None:
    made = edited(database, make)
    assert [each.may_withhold for each in texts(database, ANNA, made)] == [False, True, True]
    assert not any(each.may_withhold for each in texts(database, BEN, made))
    reading = MODERATOR.model_copy(update={"scopes": frozenset({"read"})})
    with database.writing() as session:
        for viewer, revision, refusal in (
            (BEN, 1, Forbidden),
            (BEN, 3, Forbidden),
            (reading, 1, Forbidden),
            (STRANGER, 1, SignInNeeded),
            (ANNA, 3, Conflict),
            (ANNA, 4, NotFound),
        ):
            with pytest.raises(refusal):
                withhold(session, viewer, made, revision)
        withhold(session, ANNA, made)
        for viewer in (BEN, ANNA):
            with pytest.raises(Forbidden):
                show(session, viewer, made)
        for _ in range(2):
            show(session, MODERATOR, made)
        assert not queries.event(session, STRANGER, made.id, None, None).withholds
    assert texts(database, STRANGER, made)[-1].body == "Secret."
    kinds = [each.type for each in revision_events(database)]
    assert kinds == ["events.revision.withheld", "events.revision.shown"]


def test_there_must_be_such_an_event_and_language(database: Database, make: Make) -> None:
    made = edited(database, make)
    with database.writing() as session:
        with pytest.raises(NotFound):
            actions.withhold_revision(session, MODERATOR, made.id, "de", 1, REASON)
        with pytest.raises(Invalid):
            actions.withhold_revision(session, MODERATOR, made.id, "no such", 1, REASON)
        with pytest.raises(NotFound):
            actions.withhold_revision(session, MODERATOR, "0" * 16, "en", 1, REASON)


def test_a_groups_events_are_its_own_moderators(database: Database, make: Make) -> None:
    made = edited(database, make, INSIDER, audience=CIRCLE)
    with pytest.raises(NotFound):
        texts(database, MODERATOR, made)
    with database.writing() as session:
        with pytest.raises(NotFound):
            withhold(session, MODERATOR, made)
        withhold(session, GROUP_MODERATOR, made)
    assert [each.audience for each in revision_events(database)] == [CIRCLE]


def test_of_two_who_withhold_at_once_one_does(database: Database, make: Make) -> None:
    made = edited(database, make)
    first, second = (lambda s: withhold(s, ANNA, made)), (lambda s: withhold(s, MODERATOR, made))
    assert meet(database, first, second) is None
    assert len(revision_events(database)) == 1


def test_of_two_changes_at_once_each_text_is_kept_once(database: Database, make: Make) -> None:
    made = make()
    command = SetEventVersion(language="de", title="Eins", body="Bring etwas mit.")
    other = command.model_copy(update={"title": "Zwei"})
    with database.writing() as session:
        actions.set_event_version(session, ANNA, made.id, command.model_copy(update={"title": "Null"}))
    error = meet(
        database,
        lambda session: actions.set_event_version(session, ANNA, made.id, command),
        lambda session: actions.set_event_version(session, BEN, made.id, other),
    )
    assert error is None
    found = texts(database, STRANGER, made, "de")
    assert [(each.revision, each.title) for each in found] == [(3, "Zwei"), (2, "Eins"), (1, "Null")]


def test_an_event_of_an_earlier_release_keeps_its_texts_from_then_on(empty_database: Database) -> None:
    migrate(empty_database, "events", "0014")
    event = {
        "id": "e1", "slug": "a", "audience": "public", "author_id": ANNA.person_id, "status": "confirmed",
        "format": "online", "original_language": "en", "timezone": "UTC", "local_start": "2026-12-01 18:00:00",
        "online_url": "https://meet.example.org/a", "revision": 3, "text_revision": 2,
    }  # fmt: skip
    insert_row(empty_database, "event", **event)
    for language, translator in (("en", None), ("de", BEN.person_id)):
        version = {"event_id": "e1", "language": language, "title": "Old", "body": "Old.", "revision": 2}
        insert_row(empty_database, "event_version", **version, translator_id=translator)
    date = {"event_id": "e1", "occurrence": "20261201T1800"}
    insert_row(empty_database, "occurrence", **date)
    migrate(empty_database, "events")
    with empty_database.writing() as session, clock.at(NOW):
        before = queries.event(session, STRANGER, "e1", None, None)
        assert (before.edits, before.withholds) == (0, False)
        actions.change_event(session, MODERATOR, "e1", ChangeEvent(revision=3, body="New."))
        english = history.event_revisions(session, STRANGER, "e1", "en", None, 9).items
        german = history.event_revisions(session, STRANGER, "e1", "de", None, 9).items
    assert [(each.revision, each.body, each.by_id) for each in english] == [
        (3, "New.", MODERATOR.person_id),
        (2, "Old.", ANNA.person_id),
    ]
    assert [(each.revision, each.by_id) for each in german] == [(2, BEN.person_id)]


def test_an_events_texts_are_changed_only_so_often(database: Database, make: Make) -> None:
    made = make(ANNA, body="Text")
    for number in range(MOST_EDITS - 1):
        change(database, ANNA, made, body=f"Text {number}")
    translate(database, BEN, made, "Ein Fest")
    translate(database, BEN, made, "Das Fest")
    with pytest.raises(TooMany, match="too-many-edits"):
        change(database, ANNA, made, title="Another title")
    with pytest.raises(TooMany, match="too-many-edits"):
        translate(database, BEN, made, "Mein Fest")
    # What leaves the texts as they are is no edit of them, and moderators go on.
    change(database, ANNA, made, status="tentative")
    translate(database, BEN, made, "Das Fest")
    change(database, MODERATOR, made, body="A moderator's text")
    with clock.at(clock.now() + EDITS_PERIOD):
        change(database, ANNA, made, title="Another title")
