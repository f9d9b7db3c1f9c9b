"""In which zone the calendar shows an event."""

from __future__ import annotations

from contracts.events import EventLine
from gateway.request_context import request_context
from gateway.times import own_time


def elsewhere(line: EventLine) -> str:
    """See `gateway.times.own_time`, for the reader of this request."""
    context = request_context()
    zone = context.timezone if context.timezone_known else None
    return own_time(line.starts_at, line.timezone, context.frame_language, context.language, zone)


def shown_zone(line: EventLine) -> str:
    """The zone in which an event's time is shown: the reader's, or the event's own while that is not known."""
    context = request_context()
    return context.timezone if context.timezone_known else line.timezone
