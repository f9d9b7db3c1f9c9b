"""Forgets people who have vanished: what they organised stays, and nobody knows any more where they were."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.redaction import forget_requests, naming, redact
from bus.eventlog.schema import event_log
from contracts.common import Recorded
from contracts.held import EventHeld
from contracts.people import PersonVanished
from core import clock
from services.events.actions.attendance import AttendanceChange, has_seats, move_up, publish
from services.events.actions.held import holding
from services.events.tables import Attendance, EventRow
from services.shared.holding import without_text


def forget(session: Session, event: PersonVanished, _recorded: Recorded) -> None:
    """Delete a person's attendance of all dates, and publish it. Their seats go to who waits for one."""
    person_id, now = event.person.id, clock.now()
    holding(session).forget(person_id)
    held = (event_log.c.type == EventHeld.type) & naming(person_id)
    redact(session, held, lambda data: without_text(data, person_id))
    mine = select(Attendance).where(Attendance.person_id == person_id)
    # The rows of events first and in one order: whoever attends locks them too.
    attended = EventRow.id.in_(mine.with_only_columns(Attendance.event_id))
    session.scalars(select(EventRow).where(attended).order_by(EventRow.id).with_for_update()).all()
    for attendance in session.scalars(mine.with_for_update()).all():
        row = session.get_one(EventRow, attendance.event_id)
        before = has_seats(session, row, now)
        session.delete(attendance)
        session.flush()
        if row.deletion_id is None:
            gone = AttendanceChange(person_id, attendance.occurrence, None)
            publish(session, row, [gone, *move_up(session, row, now, {attendance.occurrence})], before)
    forget_requests(session, person_id)
