"""Forgets people who have vanished: what they organised stays, and nobody knows any more where they were."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.eventlog.redaction import forget_requests, naming, redact
from bus.eventlog.schema import event_log
from contracts.common import Recorded
from contracts.held import EventHeld
from contracts.people import PersonVanished
from services.events import queries
from services.events.actions.dates import Moved
from services.events.actions.held import holding
from services.events.tables import Attendance, EventRow
from services.shared.holding import without_text


def forget(session: Session, event: PersonVanished, _recorded: Recorded) -> None:
    """Delete a person's attendance of all dates, and publish it."""
    person_id = event.person.id
    holding(session).forget(person_id)
    held = (event_log.c.type == EventHeld.type) & naming(person_id)
    redact(session, held, lambda data: without_text(data, person_id))
    mine = select(Attendance).where(Attendance.person_id == person_id).with_for_update()
    for attendance in session.scalars(mine).all():
        row = session.get_one(EventRow, attendance.event_id)
        session.delete(attendance)
        session.flush()
        if row.deletion_id is None:
            moved = Moved(person_id, attendance.occurrence, None)
            append_event(session, moved.as_event(queries.state(session, row)))
    forget_requests(session, person_id)
