"""Several people at one event at once."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.errors import Conflict
from contracts.events import AttendanceChanged, ChangeEvent, EventView, SetEventVersion
from core import clock
from core.audience import Viewer
from core.database import Database
from services.events import actions, queries
from services.events.actions import dates
from tests.unit.events.harness import ANNA, BEN, MODERATOR, NOW, Make
from tests.unit.harness import meet

MOVED = datetime(2026, 12, 2, 18, 0)  # noqa: DTZ001 - local time


def test_of_two_changes_of_one_revision_one_is_told_of_the_other(database: Database, make: Make) -> None:
    made = make()

    def change(session: Session, viewer: Viewer, title: str) -> EventView:
        return actions.change_event(session, viewer, made.id, ChangeEvent(revision=1, title=title))

    error = meet(
        database,
        lambda session: change(session, ANNA, "By Anna"),
        lambda session: change(session, MODERATOR, "By Mona"),
    )
    assert isinstance(error, Conflict)
    assert error.data["theirs"]["title"] == "By Anna"
    assert error.data["revision"] == 2
    with database.reading() as session:
        assert queries.event(session, ANNA, made.id, None, None).title == "By Anna"


def test_a_translation_beside_a_change_is_of_the_text_before_or_after(database: Database, make: Make) -> None:
    made = make()
    command = SetEventVersion(language="de", title="Schreibabend", body="Bring etwas mit.")
    error = meet(
        database,
        lambda session: actions.change_event(
            session, ANNA, made.id, ChangeEvent(revision=1, body="Bring two laptops.")
        ),
        lambda session: actions.set_event_version(session, BEN, made.id, command),
    )
    assert error is None
    with database.reading() as session:
        state = queries.state(session, queries.visible_event(session, ANNA, made.id))
        assert {text.language: text.body for text in state.versions} == {
            "en": "Bring two laptops.",
            "de": "Bring etwas mit.",
        }


def test_the_same_answer_given_twice_at_one_moment_is_one(database: Database, make: Make) -> None:
    made = make()
    error = meet(
        database,
        lambda session: actions.attend(session, BEN, made.id, None, "going"),
        lambda session: actions.attend(session, BEN, made.id, None, "going"),
    )
    assert error is None
    with database.reading() as session:
        assert queries.event(session, BEN, made.id, None, None).going == 1
        told = [
            each for each in events_after(session, "events", 0, 100) if each.type == AttendanceChanged.type
        ]
        assert len(told) == 1


def test_who_answers_while_the_event_moves_comes_to_its_new_date(database: Database, make: Make) -> None:
    made = make()
    error = meet(
        database,
        lambda session: actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, start=MOVED)),
        lambda session: actions.attend(session, BEN, made.id, None, "going"),
    )
    assert error is None
    with database.reading() as session:
        assert queries.event(session, BEN, made.id, None, None).my_attendance == "going"


def test_of_two_processes_one_writes_a_series_on(database: Database, make: Make) -> None:
    if database.sqlite:
        pytest.skip("an SQLite store has one writer")
    make(recurrence="FREQ=MONTHLY;BYDAY=1TU")
    with clock.at(NOW.replace(year=2029)), database.writing() as one, database.writing() as other:
        assert dates.top_up(one) == 1
        other.execute(
            text("SET LOCAL lock_timeout = '10s'")
        )  # a fault ends in an error, not in waiting for oneself
        assert dates.top_up(other) == 0
