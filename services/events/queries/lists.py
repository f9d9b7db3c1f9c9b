"""Lists of dates: the calendar, a month, the map. Each takes four statements, however many events it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

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
from services.events.views import AttendanceCounts, OwnAttendance
from services.shared.cursors import position

DEFAULT_SPAN = timedelta(days=366)
LONGEST = timedelta(days=31)
"""The longest event (its `minutes` are limited): what is on at a moment began at most this long before."""

MOST_IN_MONTH = 1000
_WEEK = timedelta(days=6)

# The tables, not the mapped classes: statements of these go past the session's own work.
_EVENT: Any = EventRow.__table__
_DATE: Any = Occurrence.__table__
_VERSION: Any = VersionRow.__table__
_TAG: Any = EventTag.__table__
_SPOKEN: Any = EventSpoken.__table__
_ATTENDANCE: Any = Attendance.__table__
_TITLES: AnySelect = (
    select(_VERSION.c.event_id, _VERSION.c.language, _VERSION.c.title)
    .where(_VERSION.c.event_id.in_(bindparam("ids", expanding=True)))
    .order_by(_VERSION.c.language)
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


_MOMENT = _DATE.c.starts_at.type
_START, _AFTER = bindparam("start", type_=_MOMENT), bindparam("after_start", type_=_MOMENT)
_EARLIER = _DATE.alias()
_FILTERS: dict[str, ColumnElement[bool]] = {
    "tag": exists().where(_TAG.c.event_id == _EVENT.c.id, _TAG.c.tag == bindparam("tag")),
    "spoken": exists().where(_SPOKEN.c.event_id == _EVENT.c.id, _SPOKEN.c.language == bindparam("spoken")),
    "created_from": _EVENT.c.created_at >= bindparam("created_from", type_=_MOMENT),
    "created_to": _EVENT.c.created_at < bindparam("created_to", type_=_MOMENT),
    "attending_id": exists().where(
        _ATTENDANCE.c.event_id == _DATE.c.event_id,
        _ATTENDANCE.c.occurrence == _DATE.c.occurrence,
        _ATTENDANCE.c.person_id == bindparam("attending_id"),
        _ATTENDANCE.c.waits.is_(None),
    ),
    "country": _EVENT.c.country == bindparam("country"),
    "format": _EVENT.c.format == bindparam("format"),
    "author_id": _EVENT.c.author_id == bindparam("author_id"),
    "audience": _EVENT.c.audience == bindparam("audience"),
}
_WITHIN = _EVENT.c.latitude.between(bindparam("south"), bindparam("north"))
_WEST, _EAST = _EVENT.c.longitude >= bindparam("west"), _EVENT.c.longitude <= bindparam("east")
_SHAPES: dict[str, ColumnElement[bool]] = {
    **_FILTERS,
    "box": and_(_WITHIN, _WEST, _EAST),
    "box over the date line": and_(_WITHIN, or_(_WEST, _EAST)),
    "once": ~exists().where(
        _EARLIER.c.event_id == _DATE.c.event_id,
        _EARLIER.c.starts_at < _DATE.c.starts_at,
        _EARLIER.c.ends_at > _START,
    ),
    "after": or_(
        _DATE.c.starts_at > _AFTER,
        and_(_DATE.c.starts_at == _AFTER, _DATE.c.event_id > bindparam("after_id")),
    ),
}


# Building a statement takes longer than running it.
@lru_cache
def _matching(shape: frozenset[str]) -> AnySelect:
    # Columns, not objects, which take longer to make than to read.
    wanted: AnySelect = select(*_EVENT.c, _DATE.c.occurrence, _DATE.c.starts_at, _DATE.c.ends_at)
    return (
        wanted.select_from(_DATE)
        .join(_EVENT, _EVENT.c.id == _DATE.c.event_id)
        .where(
            _DATE.c.starts_at > bindparam("started_after", type_=_MOMENT),
            _DATE.c.ends_at > _START,
            _DATE.c.starts_at < bindparam("end", type_=_MOMENT),
            _EVENT.c.audience.in_(bindparam("audiences", expanding=True)),
            _EVENT.c.deletion_id.is_(None),
            *(_SHAPES[name] for name in sorted(shape)),
        )
        .order_by(_DATE.c.starts_at, _DATE.c.event_id)
        .limit(bindparam("limit", type_=Integer))
    )


def _lines(session: Session, viewer: Viewer, rows: Sequence[AnyRow]) -> list[EventLine]:
    if not rows:
        return []
    ids = list({row.id for row in rows})
    titles: dict[str, dict[str, str]] = {}
    for event_id, language, title in session.execute(_TITLES, {"ids": ids}).all():
        titles.setdefault(event_id, {})[language] = title
    attending = counts(session, [(row.id, row.occurrence) for row in rows])
    mine = attended(session, viewer, ids)
    lines = []
    for row in rows:
        key = (row.id, row.occurrence)
        attendance = attending.get(key, AttendanceCounts()), mine.get(key, OwnAttendance())
        language = choose(titles[row.id], viewer.languages, row.original_language)
        others = [each for each in titles[row.id] if each != row.original_language]
        lines.append(
            EventLine.model_validate(
                {
                    **views.common_fields(row),
                    **views.date_fields(row, row, *attendance),
                    "language": language,
                    "title": titles[row.id][language],
                    "languages": [row.original_language, *others],
                }
            )
        )
    return lines
