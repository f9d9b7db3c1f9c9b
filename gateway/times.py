"""Times on pages: each is shown in the reader's zone, some as long ago as they are now.

In a page that is kept for many (`gateway.cache`) a time is a hole, which is filled for all readers of one zone alike
(`fill_times`). What it says depends on the hole's arguments, the zone and the time of day alone, never on the services.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from core import clock
from gateway.holes import MARK, Hole, parsed, times_are_open
from gateway.i18n import cldr, formats
from gateway.i18n.messages import message
from gateway.request_context import request_context

DAYS_OF_RELATIVE = 30
"""From so many days away on a time is shown by its date."""


class Reading(NamedTuple):
    """For whom a time is written: the reader's zone (None: not known), and the present."""

    zone: str | None
    now: datetime


def when(value: datetime, style: str = "relative", zone: str = "", otherwise: str = "") -> Markup:
    """A `<time>`: `relative`, `date`, `time`, `datetime`, or a CLDR skeleton.

    It is in `zone`, else in the reader's; while that is not known in `otherwise`, else in UTC.
    """
    return _time("time", _iso(value), style, zone, otherwise, request_context().frame_language)


def event_time(starts_at: datetime, zone: str) -> Markup:
    """When an event begins: in the reader's zone, with the event's own time beside it where that differs.

    While the reader's zone is not known it is the event's own time with its city, and a script adds the reader's.
    """
    context = request_context()
    return _time("event_time", _iso(starts_at), zone, context.frame_language, context.language)


def event_interval(starts_at: datetime, ends_at: datetime, zone: str) -> Markup:
    """From when to when an event is in its own zone."""
    language = request_context().frame_language
    return _time("event_interval", _iso(starts_at), _iso(ends_at), zone, language)


def your_interval(starts_at: datetime, ends_at: datetime, zone: str) -> Markup:
    """The same in the reader's zone, as a paragraph, where that differs from the event's own."""
    context = request_context()
    return _time(
        "your_interval", _iso(starts_at), _iso(ends_at), zone, context.frame_language, context.language
    )


def has_times(body: bytes) -> bool:
    """Whether a page has times that are not filled."""
    return any(start in body for start in _STARTS)


def fill_times(body: bytes, reading: Reading) -> bytes:
    """A page with its times filled; other holes stay open."""

    def filled(found: re.Match[str]) -> str:
        hole = parsed(found[1])
        return _FILLERS[hole.name](reading, *hole.arguments) if hole.name in _FILLERS else found[0]

    return MARK.sub(filled, body.decode()).encode()


def own_time(starts_at: datetime, own: str, lang: str, language: str, zone: str | None) -> str:
    """An event's local time and city, if that time differs from the reader's; else `""`, also while the reader's zone
    is not known."""
    if zone is None:
        return ""
    if formats.format_datetime(starts_at, lang, own) == formats.format_datetime(starts_at, lang, zone):
        return ""
    time = formats.format_time(starts_at, lang, own)
    return message("space-events-own-time", language, time, cldr.zone_city(own, lang))


def _time(name: str, *arguments: str) -> Markup:
    if times_are_open():
        return _open_time(name, arguments)
    return Markup(_FILLERS[name](Reading(request_context().known_timezone, clock.now()), *arguments))


@lru_cache(maxsize=20_000)
def _open_time(name: str, arguments: tuple[str, ...]) -> Markup:
    return Markup(str(Hole(name, arguments)))


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _fill_time(reading: Reading, stamp: str, style: str, zone: str, otherwise: str, language: str) -> str:
    guessed = not (zone or reading.zone or otherwise) and style in ("time", "datetime")
    zone = zone or reading.zone or otherwise or "UTC"
    if style == "relative":
        value = datetime.fromisoformat(stamp)
        if abs((reading.now - value).days) < DAYS_OF_RELATIVE:
            text = formats.format_relative(value, language, reading.now)
            return _start(stamp, language, zone, "") + str(Markup.escape(text)) + "</time>"
        style = "date"
    return _absolute(stamp, style, language, zone, guessed)


# The same times are on many pages, and on each of them again a minute later.
@lru_cache(maxsize=20_000)
def _absolute(stamp: str, style: str, language: str, zone: str, guessed: bool) -> str:
    value = datetime.fromisoformat(stamp)
    if style == "date":
        text = formats.format_date(value, language, zone=zone)
    elif style == "time":
        text = formats.format_time(value, language, zone)
    elif style == "datetime":
        text = formats.format_datetime(value, language, zone)
    else:
        text = formats.format_pattern(value, language, style, zone)
    # Until the reader's zone is known the text says that it is in UTC, and a script writes it anew in their own.
    shown = f"{text} UTC" if guessed else text
    return _start(stamp, language, zone, style if guessed else "") + str(Markup.escape(shown)) + "</time>"


@lru_cache(maxsize=20_000)
def _start(stamp: str, language: str, zone: str, local: str) -> str:
    full = formats.format_datetime(datetime.fromisoformat(stamp), language, zone, "long")
    attribute = Markup(' data-local="{}"').format(local) if local else ""
    return str(Markup('<time datetime="{}" title="{}"{}>').format(stamp, f"{full} ({zone})", attribute))


def _fill_event_time(reading: Reading, stamp: str, own: str, lang: str, language: str) -> str:
    return _event_time(reading.zone, stamp, own, lang, language)


@lru_cache(maxsize=20_000)
def _event_time(zone: str | None, stamp: str, own: str, lang: str, language: str) -> str:
    value = datetime.fromisoformat(stamp)
    if zone is not None:
        elsewhere = own_time(value, own, lang, language, zone)
        beside = Markup('<span class="own-time">({})</span>').format(elsewhere) if elsewhere else ""
        return _absolute(stamp, "datetime", lang, zone, False) + str(beside)
    return str(
        Markup('<time datetime="{}" data-own-zone="{}">{}</time><span class="own-time">({})</span>').format(
            stamp, own, formats.format_datetime(value, lang, own), cldr.zone_city(own, lang)
        )
    )


def _fill_event_interval(reading: Reading, starts: str, ends: str, own: str, lang: str) -> str:
    start, end = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    for_script = Markup(' data-own-zone="{}" data-until="{}"').format(own, ends)
    return str(
        Markup('<time datetime="{}"{}>{}</time>').format(
            starts,
            for_script if reading.zone is None else "",
            formats.format_interval(start, end, lang, own, "full"),
        )
    )


def _fill_your_interval(reading: Reading, starts: str, ends: str, own: str, lang: str, language: str) -> str:
    start, end = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    if reading.zone is None or not own_time(start, own, lang, language, reading.zone):
        return ""
    text = message(
        "space-events-your-time", language, formats.format_interval(start, end, lang, reading.zone, "full")
    )
    city = cldr.zone_city(reading.zone, lang)
    return str(Markup('<p class="your-time">{} <span class="hint">({})</span></p>').format(text, city))


_FILLERS: dict[str, Callable[..., str]] = {
    "time": _fill_time,
    "event_time": _fill_event_time,
    "event_interval": _fill_event_interval,
    "your_interval": _fill_your_interval,
}
_STARTS = tuple(str(Hole(name)).encode()[:-1] for name in _FILLERS)
