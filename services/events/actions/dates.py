"""The dates of events and who attends them: written when an event changes, and continued as time passes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.events import AttendanceChanged, Attending, EventState, EventView
from core import clock
from core.audience import Viewer
from services.events import queries, rules
from services.events.recurrence import MONTHS_AHEAD, Date, dates, window
from services.events.tables import Attendance, EventRow, Occurrence
from services.events.zone_rules import fingerprint
from services.shared.authorisation import writer

TOP_UP_WHEN = MONTHS_AHEAD - timedelta(days=31)
"""The dates of a series are continued when the stored ones cover less than this from now."""

TOP_UP_BATCH = 200


@dataclass(frozen=True)
class Moved:
    """A person's attendance that moved to another date with its event, or (`attending` None) ended."""

    person_id: str
    occurrence: str
    attending: Attending | None

    def as_event(self, state: EventState) -> AttendanceChanged:
        """The event to append."""
        return AttendanceChanged(
            event=state, person_id=self.person_id, occurrence=self.occurrence, attending=self.attending
        )


def write_dates(session: Session, row: EventRow, now: datetime) -> list[Date]:
    """Replace the event's stored dates."""
    after, until = window(row.local_start, row.timezone, now)
    found, more = dates(row.recurrence, row.local_start, row.minutes, row.timezone, after=after, until=until)
    if not found:  # A series that ended before this time still has a last date to show.
        found, more = dates(None, row.local_start, row.minutes, row.timezone, after=after, until=until)
    row.zone_rules = fingerprint(row.timezone)
    session.execute(delete(Occurrence).where(Occurrence.event_id == row.id))
    _insert(session, row.id, found)
    row.expanded_until = until if more else None
    session.flush()
    return found


def top_up(session: Session) -> int:
    """Continue the dates of series whose stored dates end soon. Returns the number of series.

    Appends no event: the dates follow from the rule, which everybody knows.
    """
    now = clock.now()
    due = session.scalars(
        select(EventRow)
        .where(EventRow.expanded_until < now + TOP_UP_WHEN)
        .order_by(EventRow.expanded_until)
        .limit(TOP_UP_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in due:
        after, until = row.expanded_until, now + MONTHS_AHEAD
        if after is None:
            continue
        found, more = dates(
            row.recurrence, row.local_start, row.minutes, row.timezone, after=after, until=until
        )
        _insert(session, row.id, found)
        row.expanded_until = until if more else None
    return len(due)


def move_attendance(session: Session, row: EventRow, now: datetime, *, series: bool) -> list[Moved]:
    """Replace the event's dates, and move attendances to the new ones.

    `series`: whether the event was a series before the change.
    """
    found = write_dates(session, row, now)
    by_day = {date.occurrence[:8]: date.occurrence for date in found}
    names = {date.occurrence for date in found}
    moved: list[Moved] = []
    for attendance in session.scalars(select(Attendance).where(Attendance.event_id == row.id)).all():
        if attendance.occurrence in names:
            continue
        moved.append(Moved(attendance.person_id, attendance.occurrence, None))
        target = by_day.get(attendance.occurrence[:8])
        if target is None and not series:
            target = found[0].occurrence
        session.delete(attendance)
        if target is not None:
            session.flush()
            attending: Attending = "going" if attendance.attending == "going" else "maybe"
            session.add(
                Attendance(
                    event_id=row.id,
                    occurrence=target,
                    person_id=attendance.person_id,
                    attending=attending,
                    since=attendance.since,
                )
            )
            moved.append(Moved(attendance.person_id, target, attending))
    session.flush()
    return moved


def attend(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, attending: Attending | None
) -> EventView:
    """Set whether the viewer attends one date; None ends it, which is always possible."""
    person_id = writer(viewer)
    row = queries.event_for_change(session, viewer, event_id)
    now = clock.now()
    date = queries.date_of(session, event_id, occurrence, now)
    attendance = session.get(Attendance, (event_id, date.occurrence, person_id))
    if attending is not None:
        rules.check_attendance_open(row.status, date.ends_at, now)
    if (attendance.attending if attendance else None) != attending:
        if attending is None:
            session.delete(attendance)
        elif attendance is not None:
            attendance.attending = attending
        else:
            session.add(
                Attendance(
                    event_id=event_id,
                    occurrence=date.occurrence,
                    person_id=person_id,
                    attending=attending,
                    since=now,
                )
            )
        session.flush()
        append_event(
            session, Moved(person_id, date.occurrence, attending).as_event(queries.state(session, row))
        )
    return queries.event(session, viewer, event_id, date.occurrence, None)


def _insert(session: Session, event_id: str, found: list[Date]) -> None:
    if found:
        session.execute(
            insert(Occurrence),
            [
                {
                    "event_id": event_id,
                    "occurrence": date.occurrence,
                    "starts_at": date.starts_at,
                    "ends_at": date.ends_at,
                }
                for date in found
            ],
        )
