"""Events, changes and translations that wait for review, and how many new people may add."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Forbidden, NotFound, SpaceError, TooMany
from contracts.events import ChangeEvent, CreateEvent, EventQuery, SetEventVersion
from contracts.held import ChangeHeld, HeldApproved, HeldView
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from contracts.writing_rules import BlockedTerm, NewcomerLimits, WritingRules, WritingRulesChanged
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.events import actions, queries, term_queries
from services.events.actions import decisions, held
from services.events.queries import lists
from tests.unit.harness import NOON, meet
from tests.unit.users import ADMIN, AMIRA, BO, MODERATOR

pytestmark = pytest.mark.slow

RECORDED = Recorded(
    producer="people", seq=1, id="event00000000000", type="people.held.approved", version=1, subject="held/x",
    audience="members", occurred_at=NOON, data={},
)  # fmt: skip
NEW = AMIRA.model_copy(update={"roles": frozenset()})


def command(**fields: Any) -> CreateEvent:
    start = (clock.now() + timedelta(days=9)).replace(tzinfo=None)
    given = {
        "language": "en", "title": "Walk", "body": "Along the river.", "start": start, "minutes": 60,
        "timezone": "Europe/Berlin", "online_url": "https://meet.example/walk", **fields,
    }  # fmt: skip
    return CreateEvent.model_validate(given)


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(SpaceError) as error:
        work()
    return error.value.faults[0].code if error.value.faults else error.value.code


def set_rules(session: Session, **limits: Any) -> None:
    terms = [BlockedTerm(text="viagra", action="hold"), BlockedTerm(text="casino*", action="refuse")]
    rules = WritingRules(
        limits=NewcomerLimits(**limits), terms=[*terms, BlockedTerm(text="crypto", action="flag")]
    )
    held.CALLS.rules_changed(session, WritingRulesChanged(rules=rules), RECORDED)


@pytest.fixture(autouse=True)
def rules(database: Database) -> None:
    with database.writing() as session:
        set_rules(session)


def seen_by(database: Database, viewer: Viewer) -> list[str]:
    with database.reading() as session:
        return [each.title for each in lists.events(session, viewer, EventQuery()).items]


def approve(database: Database, item: HeldView) -> None:
    with database.writing() as session:
        approval = HeldApproved(held_id=item.id, by_id=str(MODERATOR.person_id))
        held.CALLS.approved(session, approval, RECORDED)


def test_an_event_waits_and_appears(database: Database) -> None:
    spam = command(title="Viagra walk")
    with database.writing() as session:
        assert code_of(lambda: actions.create_event(session, AMIRA, spam)) == "review-needed"
    with database.writing() as session:
        item = held.hold_event(session, AMIRA, spam)
        for viewer in (STRANGER, BO):
            with pytest.raises(NotFound):
                held.CALLS.held(session, viewer, item.id)
        assert held.CALLS.change_held(session, AMIRA, item.id, ChangeHeld(body="By boat.")).body == "By boat."
    assert [seen_by(database, viewer) for viewer in (STRANGER, AMIRA, MODERATOR)] == [[]] * 3
    approve(database, item)
    with database.reading() as session:
        view = held.CALLS.held(session, AMIRA, item.id)
        event = queries.event(session, STRANGER, view.path.removeprefix("/events/"), None, None)
    assert (event.title, event.body, event.author_id) == ("Viagra walk", "By boat.", AMIRA.person_id)


def test_changes_and_translations_wait(database: Database) -> None:
    with database.writing() as session:
        event = actions.create_event(session, AMIRA, command())
        change = ChangeEvent(revision=event.revision, title="Viagra walk")
        version = SetEventVersion(language="de", title="Gang", body="viagra")
        assert code_of(lambda: actions.change_event(session, AMIRA, event.id, change)) == "review-needed"
        assert code_of(lambda: actions.set_event_version(session, BO, event.id, version)) == "review-needed"
        assert code_of(lambda: held.hold_event_change(session, BO, event.id, change)) == "event-not-yours"
        items = [
            held.hold_event_version(session, BO, event.id, version),
            held.hold_event_change(session, AMIRA, event.id, change),
        ]
    assert seen_by(database, STRANGER) == ["Walk"]
    for item in items:
        approve(database, item)
    with database.reading() as session:
        found = queries.event(session, STRANGER, event.id, None, "en")
        assert {each.language: each.title for each in found.versions} == {"en": "Viagra walk", "de": "Gang"}
        german = next(each for each in found.versions if each.language == "de")
        assert german.translator_id == BO.person_id


def test_rejected_and_overturned(database: Database) -> None:
    with database.writing() as session:
        item = held.hold_event(session, AMIRA, command(title="Viagra walk"))
    state = DecisionState(
        id="decision00000000", kind="event", item_id=item.id, title="", language="en", audience=item.audience,
        measures=["hide"], reason="spam", at=NOON, by_id=str(MODERATOR.person_id),
    )  # fmt: skip
    with database.writing() as session:
        decisions.decision_made(session, DecisionMade(decision=state), RECORDED)
    approve(database, item)
    assert seen_by(database, BO) == []
    with database.writing() as session:
        over = state.model_copy(update={"overturned": True})
        decisions.appeal_answered(session, AppealAnswered(decision=over), RECORDED)
    assert seen_by(database, BO) == ["Viagra walk"]


def test_terms_that_refuse_and_flag(database: Database) -> None:
    with database.writing() as session:
        refused = command(body="https://casino.example")
        assert code_of(lambda: actions.create_event(session, AMIRA, refused)) == "text-blocked"
        event = actions.create_event(session, AMIRA, command(body="Crypto for all"))
        for viewer in (STRANGER, AMIRA, MODERATOR):
            with pytest.raises(Forbidden):
                term_queries.term_matches(session, viewer, "crypto")
        assert [each.id for each in term_queries.term_matches(session, ADMIN, "crypto").items] == [event.id]


def test_new_people_add_so_many_events_a_day(database: Database) -> None:
    with database.writing() as session:
        set_rules(session, events_a_day=1)
    raised = meet(
        database,
        lambda session: actions.create_event(session, NEW, command()),
        lambda session: actions.create_event(session, NEW, command()),
    )
    assert isinstance(raised, TooMany)
    assert raised.code == "new-events"


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": ["casinos"]},
        {"online_url": "https://casino7.example/"},
        {"place": {"name": "Casino", "latitude": 1, "longitude": 1}},
        {"place": {"name": "Nairobi", "venue": "Casino, upstairs", "latitude": 1, "longitude": 1}},
    ],
)
def test_terms_are_found_in_all_that_an_event_shows(database: Database, fields: dict[str, Any]) -> None:
    with database.writing() as session:
        assert code_of(lambda: actions.create_event(session, AMIRA, command(**fields))) == "text-blocked"
        made = actions.create_event(session, AMIRA, command())
        change = ChangeEvent.model_validate({"revision": made.revision, **fields})
        assert code_of(lambda: actions.change_event(session, AMIRA, made.id, change)) == "text-blocked"
        assert code_of(lambda: held.hold_event_change(session, AMIRA, made.id, change)) == "text-blocked"
