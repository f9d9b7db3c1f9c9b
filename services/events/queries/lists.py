"""Lists of dates: the calendar, a month, the map. Each takes four statements, however many events it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from contracts.common import MonthCount, Page
from contracts.errors import SignInNeeded, invalid
from contracts.events import EventLine, EventQuery, Month
from core import clock, paging
from core.audience import Viewer, audiences
from core.columns import AnyRow, AnySelect, month_of
from core.languages import choose
from services.events import rules, views
from services.events.queries.events import attended, counts
from services.events.tables import Attendance, EventRow, EventSpoken, EventTag, Occurrence, VersionRow
from services.shared.cursors import position

DEFAULT_SPAN = timedelta(days=366)
LONGEST = timedelta(days=31)
"""The longest event (its `minutes` are limited): what is on at a moment began at most this long before."""

MOST_IN_MONTH = 1000
_WEEK = timedelta(days=6)
_TITLES = (
    select(VersionRow.event_id, VersionRow.language, VersionRow.title)
    .where(VersionRow.event_id.in_(bindparam("ids", expanding=True)))
    .order_by(VersionRow.language)
)


def events(session: Session, viewer: Viewer, query: EventQuery) -> Page[EventLine]:
    """The dates within the query's time, soonest first."""
    after = position(query.after)
    rows = _dates(session, viewer, query, _bounds(query), query.limit + 1, after)
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
    rows = _dates(session, viewer, query, (start, end), MOST_IN_MONTH)
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


def _dates(
    session: Session,
    viewer: Viewer,
    query: EventQuery,
    bounds: tuple[datetime, datetime],
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> Sequence[AnyRow]:
    """The dates, each with its event, that overlap the time from the first of `bounds` to before the second and match
    the query, of events that the viewer may see; those after the date that started at a moment and is of an event."""
    if query.attending_id is not None and not viewer.signed_in:
        raise SignInNeeded()
    given = {name: value for name in _FILTERS if (value := getattr(query, name)) is not None}
    if not query.country:
        given.pop("country", None)
    else:
        given["country"] = query.country.upper()
    shape = {*given, *(["once"] if query.once else []), *(["after"] if after else [])}
    start, end = bounds
    values = {
        "start": start,
        "started_after": start - LONGEST,
        "end": end,
        "audiences": audiences(viewer),
        "limit": limit,
    }
    if query.box is not None:
        west, south, east, north = query.box
        shape.add("box" if west <= east else "box over the date line")
        values |= {"west": west, "south": south, "east": east, "north": north}
    if after is not None:
        values |= {"after_start": after[0], "after_id": after[1]}
    return session.execute(_matching(frozenset(shape)), values | given).all()


_EVENT: Any = EventRow.__table__
_MOMENT = Occurrence.starts_at.type
_START, _AFTER = bindparam("start", type_=_MOMENT), bindparam("after_start", type_=_MOMENT)
_EARLIER = aliased(Occurrence)
_FILTERS: dict[str, ColumnElement[bool]] = {
    "tag": exists().where(EventTag.event_id == EventRow.id, EventTag.tag == bindparam("tag")),
    "spoken": exists().where(
        EventSpoken.event_id == EventRow.id, EventSpoken.language == bindparam("spoken")
    ),
    "created_from": EventRow.created_at >= bindparam("created_from", type_=_MOMENT),
    "created_to": EventRow.created_at < bindparam("created_to", type_=_MOMENT),
    "attending_id": exists().where(
        Attendance.event_id == Occurrence.event_id,
        Attendance.occurrence == Occurrence.occurrence,
        Attendance.person_id == bindparam("attending_id"),
    ),
    "country": EventRow.country == bindparam("country"),
    "format": EventRow.format == bindparam("format"),
    "author_id": EventRow.author_id == bindparam("author_id"),
    "audience": EventRow.audience == bindparam("audience"),
}
_WITHIN = EventRow.latitude.between(bindparam("south"), bindparam("north"))
_WEST, _EAST = EventRow.longitude >= bindparam("west"), EventRow.longitude <= bindparam("east")
_SHAPES: dict[str, ColumnElement[bool]] = {
    **_FILTERS,
    "box": and_(_WITHIN, _WEST, _EAST),
    "box over the date line": and_(_WITHIN, or_(_WEST, _EAST)),
    "once": ~exists().where(
        _EARLIER.event_id == Occurrence.event_id,
        _EARLIER.starts_at < Occurrence.starts_at,
        _EARLIER.ends_at > _START,
    ),
    "after": or_(
        Occurrence.starts_at > _AFTER,
        and_(Occurrence.starts_at == _AFTER, Occurrence.event_id > bindparam("after_id")),
    ),
}


# Building a statement takes longer than running it.
@lru_cache
def _matching(shape: frozenset[str]) -> AnySelect:
    # Columns, not objects, which take longer to make than to read.
    wanted: AnySelect = select(*_EVENT.c, Occurrence.occurrence, Occurrence.starts_at, Occurrence.ends_at)
    return (
        wanted.select_from(Occurrence)
        .join(EventRow, EventRow.id == Occurrence.event_id)
        .where(
            Occurrence.starts_at > bindparam("started_after", type_=_MOMENT),
            Occurrence.ends_at > _START,
            Occurrence.starts_at < bindparam("end", type_=_MOMENT),
            EventRow.audience.in_(bindparam("audiences", expanding=True)),
            EventRow.deletion_id.is_(None),
            *(_SHAPES[name] for name in sorted(shape)),
        )
        .order_by(Occurrence.starts_at, Occurrence.event_id)
        .limit(bindparam("limit", type_=Integer))
    )


def _lines(session: Session, viewer: Viewer, rows: Sequence[AnyRow]) -> list[EventLine]:
    if not rows:
        return []
    ids = list({row.id for row in rows})
    titles: dict[str, dict[str, str]] = {}
    for event_id, language, title in session.execute(_TITLES, {"ids": ids}):
        titles.setdefault(event_id, {})[language] = title
    attending = counts(session, [(row.id, row.occurrence) for row in rows])
    mine = attended(session, viewer, ids)
    lines = []
    for row in rows:
        key = (row.id, row.occurrence)
        language = choose(titles[row.id], viewer.languages, row.original_language)
        others = [each for each in titles[row.id] if each != row.original_language]
        lines.append(
            EventLine.model_validate(
                {
                    **views.common_fields(row),
                    **views.date_fields(row, row, attending.get(key, (0, 0)), mine.get(key)),
                    "language": language,
                    "title": titles[row.id][language],
                    "languages": [row.original_language, *others],
                }
            )
        )
    return lines
