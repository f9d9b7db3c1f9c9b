"""Until when what a call returned stays right by the clock alone: events begin, end, and come within the next year.

Only `events` shows what depends on the present; the other services append an event when a moment has come, such as
that of a scheduled article. What `search` found is not relied on for longer than a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from contracts.common import Page
from contracts.events import EventLine, EventQuery, EventView, Month
from core import clock
from core.audience import Viewer

DATES_SHOWN = 12
"""`EventView.dates` has so many, unless a series has fewer to come or they are not stored yet."""

Moment = datetime | None


def until(service: str, method: str, now: datetime, found: Any, *args: Any, **kwargs: Any) -> Moment:
    """The moment after `now` from which the call may return something else though nothing was changed; None: never."""
    if service == "search":
        return next_minute(now)  # an event that failed is indexed later, and no version tells of it
    if service != "events":
        return None
    of = CALLS.get(method)
    # Dates begin and end on whole minutes.
    return of(now, found, *args, **kwargs) if of else next_minute(now)


def next_minute(now: datetime) -> datetime:
    """The next whole minute."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def next_day(now: datetime) -> datetime:
    """The next midnight in UTC."""
    return clock.midnight(now) + timedelta(days=1)


def _never(now: datetime, found: Any, *args: Any, **kwargs: Any) -> Moment:
    return None


def _events(now: datetime, found: Page[EventLine], viewer: Viewer, query: EventQuery) -> Moment:
    if query.from_time is not None:
        return None
    # A date leaves the list when it ends. One comes only at its end, and the year that is looked at moves on by days.
    return _first([*(line.ends_at for line in found.items), next_day(now)], now)


def _month(now: datetime, found: list[EventLine], viewer: Viewer, month: Month, query: EventQuery) -> Moment:
    # The calendar marks today: in every zone a day begins on a quarter of an hour.
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return quarter + timedelta(minutes=15)


def _event(
    now: datetime,
    found: EventView,
    viewer: Viewer,
    event_id: str,
    occurrence: str | None,
    language: str | None,
) -> Moment:
    return _of_event(now, found)


def _events_by_id(
    now: datetime,
    found: list[EventView],
    viewer: Viewer,
    ids: list[str],
    occurrences: list[str | None],
    language: str | None,
) -> Moment:
    return _first([moment for each in found if (moment := _of_event(now, each))], now)


def _of_event(now: datetime, event: EventView) -> Moment:
    if event.recurrence and len(event.dates) < DATES_SHOWN:
        return next_minute(now)  # `events` adds dates as time goes on
    length = timedelta(minutes=event.minutes)
    return _first([event.ends_at, *(start + length for start in event.dates)], now)


def _first(moments: Iterable[datetime], now: datetime) -> Moment:
    return min((each for each in moments if each > now), default=None)


CALLS: Mapping[str, Callable[..., Moment]] = {
    "events": _events, "month": _month, "event": _event, "events_by_id": _events_by_id,
    "find_places": _never, "log_end": _never, "events_after": _never, "event_months": _never,
}  # fmt: skip
