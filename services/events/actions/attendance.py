"""Who attends which date, and who waits for a seat.

Whoever writes attendance has the event's row locked, so of several people who want the last seat one gets it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event, append_events
from contracts.events import AttendanceChanged, Attending, EventState, EventView, NextDateChanged
from core import clock
from core.audience import Viewer
from services.events import queries, rules
from services.events.recurrence import Date
from services.events.tables import Attendance, EventRow, Occurrence
from services.shared.authorisation import writer


@dataclass(frozen=True)
class AttendanceChange:
    """A person's attendance of a date as it is now; see `contracts.events.AttendanceChanged`."""

    person_id: str
    occurrence: str
    attending: Attending | None
    waiting: bool = False
    moved_up: bool = False

    def as_event(self, state: EventState) -> AttendanceChanged:
        """The event to append."""
        return AttendanceChanged(
            event=state,
            person_id=self.person_id,
            occurrence=self.occurrence,
            attending=self.attending,
            waiting=self.waiting,
            moved_up=self.moved_up,
        )


def attend(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, attending: Attending | None
) -> EventView:
    """Set whether the viewer attends one date; None ends it, which is always possible. Who is going and finds no seat
    waits for one; a seat that is given up goes to who has waited longest."""
    person_id = writer(viewer)
    row = queries.event_for_change(session, viewer, event_id)
    now = clock.now()
    date = queries.date_of(session, event_id, occurrence, now)
    attendance = session.get(Attendance, (event_id, date.occurrence, person_id))
    if attending is not None:
        rules.check_attendance_open(row.status, date.ends_at, now)
    if (attendance.attending if attendance else None) != attending:
        before = has_seats(session, row, now)
        going = queries.going(session, event_id, date.occurrence) if row.seats is not None else 0
        waits = None
        if attending == "going" and row.seats is not None and going >= row.seats:
            waits = _last_place(session, row, date.occurrence) + 1
        if attending is None:
            session.delete(attendance)
        elif attendance is not None:
            attendance.attending, attendance.waits = attending, waits
            attendance.since = attendance.since if waits is None else now
        else:
            session.add(
                Attendance(
                    event_id=event_id,
                    occurrence=date.occurrence,
                    person_id=person_id,
                    attending=attending,
                    since=now,
                    waits=waits,
                )
            )
        session.flush()
        own = AttendanceChange(
            person_id, date.occurrence, attending if waits is None else None, waiting=waits is not None
        )
        publish(session, row, [own, *move_up(session, row, now, {date.occurrence})], before)
    return queries.event(session, viewer, event_id, date.occurrence, None)


def move_up(
    session: Session, row: EventRow, now: datetime, occurrences: Collection[str] | None = None
) -> list[AttendanceChange]:
    """Give the free seats of an event's dates to those who have waited longest; None: of all its dates. Dates that
    nobody can go to any more keep their lists."""
    waiting = select(Attendance.occurrence).where(
        Attendance.event_id == row.id, Attendance.waits.is_not(None)
    )
    if occurrences is not None:
        waiting = waiting.where(Attendance.occurrence.in_(occurrences))
    ends = select(Occurrence.occurrence, Occurrence.ends_at).where(
        Occurrence.event_id == row.id, Occurrence.occurrence.in_(waiting)
    )
    changes = []
    for name, ends_at in session.execute(ends.order_by(Occurrence.starts_at)).all():
        if rules.attendance_open(row.status, ends_at, now):
            changes += _move_up(session, row, name)
    return changes


def _move_up(session: Session, row: EventRow, occurrence: str) -> list[AttendanceChange]:
    query = (
        select(Attendance)
        .where(
            Attendance.event_id == row.id, Attendance.occurrence == occurrence, Attendance.waits.is_not(None)
        )
        .order_by(Attendance.waits)
    )
    if row.seats is not None:
        query = query.limit(max(0, row.seats - queries.going(session, row.id, occurrence)))
    moved = session.scalars(query).all()
    for attendance in moved:
        attendance.waits = None
    session.flush()
    return [AttendanceChange(each.person_id, occurrence, "going", moved_up=True) for each in moved]


def has_seats(session: Session, row: EventRow, now: datetime) -> bool:
    """Whether one can still go to the event's next date."""
    return queries.has_seats(session, row, queries.date_of(session, row.id, None, now), now)


def publish(
    session: Session, row: EventRow, changes: Sequence[AttendanceChange], before: bool | None = None
) -> None:
    """Append what has changed, and whether the next date is full now or not any more; `before`: whether one could go to
    it (`has_seats`), None where another event says what is so now."""
    state = queries.state(session, row)
    if changes:
        append_events(session, [change.as_event(state) for change in changes])
    if before is not None and state.has_seats != before:
        append_event(session, NextDateChanged(event=state, by_id=""))


def move_attendance(
    session: Session, row: EventRow, found: Sequence[Date], *, series: bool
) -> list[AttendanceChange]:
    """Move attendances to the event's new dates, with their places on waiting lists.

    `series`: whether the event was a series before the change.
    """
    by_day = {date.occurrence[:8]: date.occurrence for date in found}
    names = {date.occurrence for date in found}
    moved: list[AttendanceChange] = []
    for attendance in session.scalars(select(Attendance).where(Attendance.event_id == row.id)).all():
        if attendance.occurrence in names:
            continue
        moved.append(AttendanceChange(attendance.person_id, attendance.occurrence, None))
        target = by_day.get(attendance.occurrence[:8])
        if target is None and not series:
            target = found[0].occurrence
        session.delete(attendance)
        if target is not None:
            session.flush()
            attending: Attending = "going" if attendance.attending == "going" else "maybe"
            waits = attendance.waits
            session.add(
                Attendance(
                    event_id=row.id,
                    occurrence=target,
                    person_id=attendance.person_id,
                    attending=attending,
                    since=attendance.since,
                    waits=waits,
                )
            )
            moved.append(
                AttendanceChange(
                    attendance.person_id,
                    target,
                    attending if waits is None else None,
                    waiting=waits is not None,
                )
            )
    session.flush()
    return moved


def _last_place(session: Session, row: EventRow, occurrence: str) -> int:
    last = select(func.max(Attendance.waits)).where(
        Attendance.event_id == row.id, Attendance.occurrence == occurrence
    )
    return session.scalar(last) or 0
