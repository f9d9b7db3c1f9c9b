"""Lists of dates: the calendar, a month, the map. Each takes four statements, however many events it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from contracts.common import MonthCount, Page
from contracts.errors import SignInNeeded, invalid
from contracts.events import EventLine, EventQuery, Month
from core import clock, paging
from core.audience import Viewer, audiences
from core.columns import month_of
from core.languages import choose
from services.events import rules, views
from services.events.queries.events import counts
from services.events.tables import Attendance, EventRow, EventSpoken, EventTag, Occurrence, VersionRow
from services.shared.cursors import parse_cursor

DEFAULT_SPAN = timedelta(days=366)
LONGEST = timedelta(days=31)
"""The longest event (its `minutes` are limited): what is on at a moment began at most this long before."""

MOST_IN_MONTH = 1000
_WEEK = timedelta(days=6)


def events(session: Session, viewer: Viewer, query: EventQuery) -> Page[EventLine]:
    """The dates within the query's time, soonest first."""
    found = _matching(viewer, query, *_bounds(query))
    if query.after is not None:
        starts_at, event_id, *_ = parse_cursor(query.after)
        found = found.where(
            or_(
                Occurrence.starts_at > starts_at,
                (Occurrence.starts_at == starts_at) & (Occurrence.event_id > event_id),
            )
        )
    rows = session.execute(found.limit(query.limit + 1)).all()
    items = _lines(session, viewer, rows[: query.limit])
    more = len(rows) > query.limit
    return Page[EventLine](
        items=items, next=paging.cursor(items[-1].starts_at, items[-1].id) if more else None
    )


def event_months(session: Session, viewer: Viewer) -> list[MonthCount]:
    """The months in which events were created, the latest first, with their number."""
    month = month_of(EventRow.created_at).label("month")
    counted = (
        select(month, func.count())
        .where(EventRow.audience.in_(audiences(viewer)), EventRow.deletion_id.is_(None))
        .group_by(month)
        .order_by(month.desc())
    )
    return [MonthCount(month=row[0], items=row[1]) for row in session.execute(counted)]


def month(session: Session, viewer: Viewer, month: Month, query: EventQuery) -> list[EventLine]:
    """The dates within the weeks of a month in the reader's zone, whichever day their week begins with."""
    zone = rules.zone_of(month.timezone)
    if zone is None:
        raise invalid("timezone", "timezone-unknown", timezone=month.timezone)
    first = datetime(month.first.year, month.first.month, 1, tzinfo=zone)
    try:
        following = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=zone)
        start = (first - _WEEK).astimezone(UTC)
        end = (following + _WEEK).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("first", "month-far") from None
    rows = session.execute(_matching(viewer, query, start, end).limit(MOST_IN_MONTH)).all()
    return _lines(session, viewer, rows)


def _bounds(query: EventQuery) -> tuple[datetime, datetime]:
    start = query.from_time or clock.now()
    try:
        # By whole days from now on: what is on the list changes with the dates on it, and at midnight.
        end = query.to_time or (query.from_time or clock.midnight(start)) + DEFAULT_SPAN
        start - LONGEST
    except OverflowError:
        raise invalid("from_time", "time-far") from None
    if end < start:
        raise invalid("to_time", "time-order")
    return start, end


def _matching(
    viewer: Viewer, query: EventQuery, start: datetime, end: datetime
) -> Select[Occurrence, EventRow]:
    """The dates that overlap the time from `start` to before `end` and match the query, of events that the
    viewer may see."""
    if query.attending_id is not None and not viewer.signed_in:
        raise SignInNeeded()
    found = (
        select(Occurrence, EventRow)
        .join(EventRow, EventRow.id == Occurrence.event_id)
        .where(Occurrence.starts_at > start - LONGEST, Occurrence.ends_at > start, Occurrence.starts_at < end)
        .where(EventRow.audience.in_(audiences(viewer)), EventRow.deletion_id.is_(None))
        .order_by(Occurrence.starts_at, Occurrence.event_id)
    )
    if query.tag is not None:
        found = found.where(exists().where(EventTag.event_id == EventRow.id, EventTag.tag == query.tag))
    if query.spoken is not None:
        found = found.where(
            exists().where(EventSpoken.event_id == EventRow.id, EventSpoken.language == query.spoken)
        )
    if query.created_from is not None:
        found = found.where(EventRow.created_at >= query.created_from)
    if query.created_to is not None:
        found = found.where(EventRow.created_at < query.created_to)
    if query.attending_id is not None:
        found = found.where(
            exists().where(
                Attendance.event_id == Occurrence.event_id,
                Attendance.occurrence == Occurrence.occurrence,
                Attendance.person_id == query.attending_id,
            )
        )
    equals: list[tuple[Any, str | None]] = [
        (EventRow.country, query.country.upper() if query.country else None),
        (EventRow.format, query.format),
        (EventRow.author_id, query.author_id),
        (EventRow.audience, query.audience),
    ]
    for column, value in equals:
        if value is not None:
            found = found.where(column == value)
    if query.box is not None:
        found = _in_box(found, query.box)
    if query.once:
        earlier = aliased(Occurrence)
        found = found.where(
            ~exists().where(
                earlier.event_id == Occurrence.event_id,
                earlier.starts_at < Occurrence.starts_at,
                earlier.ends_at > start,
            )
        )
    return found


def _in_box(
    found: Select[Occurrence, EventRow], box: tuple[float, float, float, float]
) -> Select[Occurrence, EventRow]:
    """Restrict to a box on the map; if its west is greater than its east, it crosses the date line."""
    west, south, east, north = box
    found = found.where(EventRow.latitude.between(south, north))
    if west <= east:
        return found.where(EventRow.longitude.between(west, east))
    return found.where(or_(EventRow.longitude >= west, EventRow.longitude <= east))


def _lines(session: Session, viewer: Viewer, rows: Sequence[Row[Occurrence, EventRow]]) -> list[EventLine]:
    if not rows:
        return []
    ids = {row.id for _, row in rows}
    titles: dict[str, dict[str, str]] = {}
    for event_id, language, title in session.execute(
        select(VersionRow.event_id, VersionRow.language, VersionRow.title)
        .where(VersionRow.event_id.in_(ids))
        .order_by(VersionRow.language)
    ):
        titles.setdefault(event_id, {})[language] = title
    attending = counts(session, [(date.event_id, date.occurrence) for date, _ in rows])
    mine: dict[tuple[str, str], str] = {}
    if viewer.person_id is not None:
        for event_id, occurrence, state in session.execute(
            select(Attendance.event_id, Attendance.occurrence, Attendance.attending).where(
                Attendance.person_id == viewer.person_id, Attendance.event_id.in_(ids)
            )
        ):
            mine[event_id, occurrence] = state
    lines = []
    for date, row in rows:
        key = (row.id, date.occurrence)
        language = choose(titles[row.id], viewer.languages, row.original_language)
        others = [each for each in titles[row.id] if each != row.original_language]
        lines.append(
            EventLine.model_validate(
                {
                    **views.common_fields(row),
                    **views.date_fields(row, date, attending.get(key, (0, 0)), mine.get(key)),
                    "language": language,
                    "title": titles[row.id][language],
                    "languages": [row.original_language, *others],
                }
            )
        )
    return lines
