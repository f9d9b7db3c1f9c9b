"""Silences and suspensions: what decisions say of a person, kept in the person's row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Forbidden
from contracts.people import SessionEnded
from services.people import rules
from services.people.case_tables import CaseDecision
from services.people.queries import cases as queries
from services.people.tables import Person


def check_not_suspended(session: Session, person: Person) -> None:
    """Raise `Forbidden("suspended")` to a suspended person, with the decision's id and the key to its page."""
    if not rules.lasts(person.suspended_until):
        return
    # None if it has ended between the two looks at the clock.
    for decision in queries.lasting(session, person.id, "suspension"):
        raise Forbidden("suspended", data={"decision": decision.id, "key": decision.key})


def record(session: Session, person_id: str) -> None:
    """Write to a person's row until when they are silenced and suspended by the decisions that stand."""
    person = rules.known(session.get(Person, person_id, with_for_update=True, populate_existing=True))
    person.silenced_until = _end(queries.lasting(session, person_id, "silence"))
    person.suspended_until = _end(queries.lasting(session, person_id, "suspension"))
    session.flush()
    append_event(session, SessionEnded(person_id=person_id))


def _end(decisions: list[CaseDecision]) -> datetime | None:
    return decisions[0].until if decisions else None
