"""Computes the instants of events anew when the rules of their time zones change.

What a person typed, a local time and a zone, is what is meant; the instants follow from it and from the zone's rules.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.events import EventRecalculated
from core import clock
from services.events import queries
from services.events.actions.dates import write_dates
from services.events.recurrence import dates
from services.events.tables import EventRow, Occurrence
from services.events.zone_rules import fingerprint

BATCH = 100

_MOST_SHIFT = timedelta(days=2)
"""More than a change of rules can move an instant: the offset of a zone is at most 14 hours from UTC."""


def recalculate(session: Session) -> int:
    """Look through up to `BATCH` events whose dates were computed with other rules than the present ones, and append
    `EventRecalculated` for each whose instants change. Returns how many events it looked through.

    Processes that do this at the same time look through different events.
    """
    used = session.execute(select(EventRow.timezone, EventRow.zone_rules).distinct()).all()
    stale = [
        (row.timezone, row.zone_rules)
        for row in used
        if fingerprint(row.timezone) not in ("", row.zone_rules)
    ]
    if not stale:
        return 0
    zone, old_rules = min(stale)
    # A process that has run since before the rules changed has the old ones in memory.
    ZoneInfo.clear_cache(only_keys=[zone])
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.timezone == zone, EventRow.zone_rules == old_rules)
        .order_by(EventRow.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _recalculate(session, row)
    return len(rows)


def _recalculate(session: Session, row: EventRow) -> None:
    stored = {
        each.occurrence: (each.starts_at, each.ends_at)
        for each in session.scalars(select(Occurrence).where(Occurrence.event_id == row.id))
    }
    first, last = min(starts for starts, _ in stored.values()), max(starts for starts, _ in stored.values())
    found, _ = dates(
        row.recurrence,
        row.local_start,
        row.minutes,
        row.timezone,
        after=first - _MOST_SHIFT,
        until=last + _MOST_SHIFT,
    )
    moved = any(
        stored.get(each.occurrence, (each.starts_at, each.ends_at)) != (each.starts_at, each.ends_at)
        for each in found
    )
    now = clock.now()
    row.zone_rules = fingerprint(row.timezone)
    if moved:
        write_dates(session, row, now)
        row.sequence += 1
        row.changed_at = now
    session.flush()
    if moved and row.deletion_id is None:
        append_event(session, EventRecalculated(event=queries.state(session, row), by_id=""))
