"""When an event begins, as pages show it."""

from __future__ import annotations

from markupsafe import Markup

from contracts.events import EventLine
from gateway.helpers import when
from gateway.i18n import cldr, formats
from gateway.i18n.messages import message
from gateway.request_context import request_context


def elsewhere(line: EventLine) -> str:
    """The event's local time and city, if that time differs from the reader's; else `""`, also while the reader's zone
    is not known."""
    if not request_context().timezone_known:
        return ""
    lang, zone = request_context().frame_language, request_context().timezone
    own = formats.format_datetime(line.starts_at, lang, line.timezone)
    if own == formats.format_datetime(line.starts_at, lang, zone):
        return ""
    time = formats.format_time(line.starts_at, lang, line.timezone)
    return message(
        "space-events-own-time", request_context().language, time, cldr.zone_city(line.timezone, lang)
    )


def shown_zone(line: EventLine) -> str:
    """The zone in which an event's time is shown: the reader's, or the event's own while that is not known."""
    context = request_context()
    return context.timezone if context.timezone_known else line.timezone


def event_time(line: EventLine) -> Markup:
    """When an event begins: in the reader's zone, with its own time beside it where that differs.

    While the reader's zone is not known it is the event's own time with its city, and a script adds the reader's.
    """
    if request_context().timezone_known:
        own = elsewhere(line)
        beside = Markup('<span class="own-time">({})</span>').format(own) if own else Markup("")
        return Markup("{}{}").format(when(line.starts_at, "datetime"), beside)
    lang = request_context().frame_language
    return Markup(
        '<time datetime="{}" data-own-zone="{}">{}</time><span class="own-time">({})</span>'
    ).format(
        line.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        line.timezone,
        formats.format_datetime(line.starts_at, lang, line.timezone),
        cldr.zone_city(line.timezone, lang),
    )
