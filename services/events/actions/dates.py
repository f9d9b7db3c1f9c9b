"""The dates of events: written when an event changes, and continued as time passes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.events import NextDateChanged
from core import clock
from services.events import queries
from services.events.recurrence import MONTHS_AHEAD, Date, dates, window
from services.events.tables import EventRow, Occurrence
from services.events.zone_rules import fingerprint

TOP_UP_WHEN = MONTHS_AHEAD - timedelta(days=31)
"""The dates of a series are continued when the stored ones cover less than this from now."""

TOP_UP_BATCH = 200
ADVANCE_BATCH = 100


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
    row.next_ends_at = _next_end(session, row, now)
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
        if found and row.next_ends_at is None:
            row.next_ends_at = now  # so that `advance` says that there is a next date again
    return len(due)


def advance(session: Session) -> int:
    """Append `NextDateChanged` for up to `ADVANCE_BATCH` events whose next date of before is over. Returns the number
    of events."""
    now = clock.now()
    due = session.scalars(
        select(EventRow)
        .where(EventRow.next_ends_at <= now, EventRow.deletion_id.is_(None))
        .order_by(EventRow.next_ends_at)
        .limit(ADVANCE_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in due:
        row.next_ends_at = _next_end(session, row, now)
        session.flush()
        append_event(session, NextDateChanged(event=queries.state(session, row), by_id=""))
    return len(due)


def _next_end(session: Session, row: EventRow, now: datetime) -> datetime | None:
    coming = select(func.min(Occurrence.ends_at)).where(
        Occurrence.event_id == row.id, Occurrence.ends_at > now
    )
    return session.scalar(coming)


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
