"""Deleted events: who may, who sees what, and what restoring brings back."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from bus.eventlog.read import events_after
from contracts.deletion import Delete
from contracts.errors import Forbidden, Invalid, NotFound, SignInNeeded
from contracts.events import ChangeEvent, EventQuery, Month
from core import clock
from core.audience import STRANGER
from core.database import Database
from services.events import actions, queries
from services.events.actions import decisions
from tests.unit.events.harness import ANNA, BEN, MODERATOR, NOW, Make, command
from tests.unit.harness import meet
from tests.unit.hidings import Item, check

SPAM = Delete(reason="spam", note="Ads.")


def test_restoring_puts_everything_back(database: Database, make: Make) -> None:
    made = make(tags=["maps"])
    month = Month(first=(NOW + timedelta(days=11)).date(), timezone="UTC")
    with database.writing() as session, clock.at(NOW):
        actions.attend(session, BEN, made.id, None, "going")

        def seen() -> list[object]:
            return [
                queries.event(session, STRANGER, made.id, None, None),
                queries.events(session, STRANGER, EventQuery(tag="maps")),
                queries.month(session, STRANGER, month, EventQuery()),
                queries.attendees(session, BEN, made.id, None, None, 10),
            ]

        before, told = seen(), len(events_after(session, "events", 0, 1000))
        actions.delete_event(session, MODERATOR, made.id, SPAM)
        assert queries.events(session, MODERATOR, EventQuery()).items == []
        assert queries.month(session, MODERATOR, month, EventQuery()) == []
        for viewer in (STRANGER, BEN):
            with pytest.raises(NotFound):
                queries.event(session, viewer, made.id, None, None)
        for write in (
            lambda: actions.attend(session, BEN, made.id, None, None),
            lambda: queries.attendees(session, BEN, made.id, None, None, 10),
            lambda: actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, title="Other")),
        ):
            with pytest.raises(NotFound):
                write()
        own = queries.event(session, ANNA, made.id, None, None)
        assert own.deletion is not None
        assert (own.deletion.note, own.deletion.by_id) == ("Ads.", None)
        assert not (own.may_restore)
        assert not (own.may_edit)
        assert not (own.attendance_open)
        assert not own.may_attend
        with pytest.raises(Forbidden):
            actions.restore_event(session, ANNA, made.id)
        actions.restore_event(session, MODERATOR, made.id)
        assert seen() == before
        log = events_after(session, "events", told, 1000)
        assert [event.type for event in log] == ["events.event.deleted", "events.event.restored"]
        gone = log[0].data["event"]
        assert (gone["versions"], gone["tags"], gone["online_url"]) == ([], [], None)


def test_who_may_delete(database: Database, make: Make) -> None:
    made = make()
    with database.writing() as session, clock.at(NOW):
        for viewer, error in ((STRANGER, SignInNeeded), (BEN, Forbidden)):
            with pytest.raises(error):
                actions.delete_event(session, viewer, made.id, SPAM)
        with pytest.raises(Invalid):
            actions.delete_event(session, MODERATOR, made.id, Delete())
        assert actions.delete_event(session, ANNA, made.id, Delete()).reason == "author"
        with pytest.raises(Forbidden):
            actions.restore_event(session, MODERATOR, made.id)
        assert actions.restore_event(session, ANNA, made.id).may_delete
        (entry,) = queries.deletions(session, MODERATOR, None, 10).items
        assert (entry.title, entry.restored_by) == (made.title, ANNA.person_id)
        with pytest.raises(Forbidden):
            queries.deletions(session, ANNA, None, 10)


def test_of_two_deletions_at_one_moment_the_first_stands(database: Database, make: Make) -> None:
    made = make()
    found = []
    error = meet(
        database,
        lambda session: found.append(actions.delete_event(session, MODERATOR, made.id, SPAM)),
        lambda session: found.append(actions.delete_event(session, ANNA, made.id, Delete())),
    )
    assert error is None
    assert (found[0].reason, found[1].reason) == ("spam", "spam")


def test_attending_that_waits_for_a_deletion_is_refused(database: Database, make: Make) -> None:
    made = make()
    error = meet(
        database,
        lambda session: actions.delete_event(session, MODERATOR, made.id, SPAM),
        lambda session: actions.attend(session, BEN, made.id, None, "going"),
    )
    assert isinstance(error, NotFound)


def test_an_event_is_hidden_while_anything_that_hid_it_stands(database: Database, make: Make) -> None:
    with database.writing() as session:

        def seen(event_id: str) -> bool:
            try:
                queries.event(session, STRANGER, event_id, None, None)
            except NotFound:
                return False
            return True

        def new() -> Item:
            made = actions.create_event(session, ANNA, command())
            return Item(
                kind="event", id=made.id, author_id=str(ANNA.person_id),
                decide=partial(decisions.decision_made, session),
                answer=partial(decisions.appeal_answered, session),
                by_hand=lambda: actions.delete_event(session, MODERATOR, made.id, SPAM),
                restore=lambda: actions.restore_event(session, MODERATOR, made.id),
                take_back=lambda: actions.restore_event(session, ANNA, made.id),
                by_author=lambda: actions.delete_event(session, ANNA, made.id, Delete()),
                is_seen=lambda: seen(made.id),
            )  # fmt: skip

        with clock.at(NOW):
            check(session, new)
