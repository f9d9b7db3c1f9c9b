"""The dates of events as rows, and who comes to which: written when an event changes, topped up as time
goes on."""

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
from services.shared.authorisation import writer

TOP_UP_WHEN = MONTHS_AHEAD - timedelta(days=31)
"""A series is written on when less than this lies ahead of now."""

TOP_UP_BATCH = 200


@dataclass(frozen=True)
class Moved:
    """An answer that followed its event to another date, or (`attending` None) was dropped from one."""

    person_id: str
    occurrence: str
    attending: Attending | None

    def as_event(self, state: EventState) -> AttendanceChanged:
        """The event of it."""
        return AttendanceChanged(
            event=state, person_id=self.person_id, occurrence=self.occurrence, attending=self.attending
        )


def write_dates(session: Session, row: EventRow, now: datetime) -> list[Date]:
    """Write down the event's dates anew."""
    after, until = window(row.local_start, row.timezone, now)
    found, more = dates(row.recurrence, row.local_start, row.minutes, row.timezone, after=after, until=until)
    if not found:  # a series that ended long ago still has a last date to show
        found, more = dates(None, row.local_start, row.minutes, row.timezone, after=after, until=until)
    session.execute(delete(Occurrence).where(Occurrence.event_id == row.id))
    _insert(session, row.id, found)
    row.expanded_until = until if more else None
    session.flush()
    return found


def top_up(session: Session) -> int:
    """Write on the series whose written dates come to an end; returns how many. Says nothing to the log: a
    date that the rule gives is not news."""
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
    """Write the dates anew and let the answers follow; `series`: the event was one before the change."""
    found = write_dates(session, row, now)
    by_day = {date.occurrence[:8]: date.occurrence for date in found}
    names = {date.occurrence for date in found}
    moved: list[Moved] = []
    for answer in session.scalars(select(Attendance).where(Attendance.event_id == row.id)).all():
        if answer.occurrence in names:
            continue
        moved.append(Moved(answer.person_id, answer.occurrence, None))
        target = by_day.get(answer.occurrence[:8])
        if target is None and not series:
            target = found[0].occurrence
        session.delete(answer)
        if target is not None:
            session.flush()
            attending: Attending = "going" if answer.attending == "going" else "maybe"
            session.add(
                Attendance(
                    event_id=row.id,
                    occurrence=target,
                    person_id=answer.person_id,
                    attending=attending,
                    since=answer.since,
                )
            )
            moved.append(Moved(answer.person_id, target, attending))
    session.flush()
    return moved


def attend(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, attending: Attending | None
) -> EventView:
    """Say that the viewer comes to one date, or (None) no longer; taking it back is always possible."""
    person_id = writer(viewer)
    row = queries.event_for_change(session, viewer, event_id)
    now = clock.now()
    date = queries.date_of(session, event_id, occurrence, now)
    answer = session.get(Attendance, (event_id, date.occurrence, person_id))
    if attending is not None:
        rules.check_attendance_open(row.status, date.ends_at, now)
    if (answer.attending if answer else None) != attending:
        if attending is None:
            session.delete(answer)
        elif answer is not None:
            answer.attending = attending
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
