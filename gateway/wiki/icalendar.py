"""Events as iCalendar (RFC 5545, with names of RFC 7986), written by the library `icalendar`.

Times are local with their zones, so that a weekly meeting keeps its hour when the clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

from icalendar import (
    Calendar,
    Component,
    Event,
    vCategory,
    vDatetime,
    vDuration,
    vInt,
    vText,
    vUnknown,
    vUri,
)

from contracts.events import EventStatus, EventView
from core import clock, markup
from gateway.wiki.items import bcp47, place_words
from gateway.wiki.timezones import utc, vtimezone

_OCTETS = 75
_LONGEST_KEPT = 5_000
_REFRESH = timedelta(hours=1)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})(?!Z)")
_STATUS = {status: vText(status.upper()) for status in get_args(EventStatus)}
_PUBLIC, _OPAQUE = vText("PUBLIC"), vText("OPAQUE")

_zone = lru_cache(maxsize=1000)(ZoneInfo)
"""`ZoneInfo` itself keeps eight zones."""


class _Text(vText):
    """Text with RFC 5545's escapes (3.3.11). `vText` would read a backslash before an N, as in a path, as a new
    line."""

    def to_ical(self) -> bytes:
        text = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return text.replace("\n", "\\n").encode()


def calendar(name: str, url: str, events: Sequence[tuple[EventView, str]], host: str) -> bytes:
    """A calendar of `events`, each with its page's address. UIDs are `<event id>@<host>`, for ever."""
    # One event after the other: a thousand of them as objects take long to walk through, and much memory.
    *head, end = _lines(_calendar(name, url))
    parts = _zones([event for event, _ in events])
    parts += (_written(_told(event, page, host)) for event, page in events)
    # A calendar has at least one component (RFC 5545, 3.6). A zone is nothing that people would be shown.
    return b"".join([*head, *(parts or [utc()]), end])


def _calendar(name: str, url: str) -> Calendar:
    made = Calendar()
    made["VERSION"] = vText("2.0")
    made["PRODID"] = vText("-//Space//Space//EN")
    made["CALSCALE"] = vText("GREGORIAN")
    made["NAME"] = made["X-WR-CALNAME"] = _text(name)
    made["SOURCE"] = vUri(url, params={"VALUE": "URI"})
    made["URL"] = vUri(url)
    made["REFRESH-INTERVAL"] = vDuration(_REFRESH, params={"VALUE": "DURATION"})
    made["X-PUBLISHED-TTL"] = vDuration(_REFRESH)
    return made


def _zones(events: Sequence[EventView]) -> list[bytes]:
    years: dict[str, list[int]] = {}
    for event in events:
        if event.timezone != "UTC":
            years.setdefault(event.timezone, []).append(event.local_start.year)
    now = clock.now().year
    # An event may end in the year after.
    return [vtimezone(name, min(years[name]), max(years[name]) + 1, now) for name in sorted(years)]


class _Told(NamedTuple):
    """All that a calendar tells of an event. `location` is "" for none, `geo` latitude and longitude."""

    uid: str
    page: str
    status: EventStatus
    language: str
    title: str
    description: str
    local_start: datetime
    minutes: int
    timezone: str
    recurrence: str | None
    location: str
    geo: tuple[float, float] | None
    online_url: str | None
    tags: tuple[str, ...]
    sequence: int
    created_at: datetime
    changed_at: datetime


def _told(event: EventView, page: str, host: str) -> _Told:
    said = markup.plain(event.body) if event.plain is None else event.plain
    return _Told(
        uid=f"{event.id}@{host}",
        page=page,
        status=event.status,
        language=bcp47(event.language),
        title=event.title,
        description="\n\n".join(part for part in (said, event.online_url, page) if part),
        local_start=event.local_start,
        minutes=event.minutes,
        timezone=event.timezone,
        recurrence=event.recurrence,
        location=", ".join(place_words(event)) or event.online_url or "",
        geo=(event.place.latitude, event.place.longitude) if event.place is not None else None,
        online_url=event.online_url,
        tags=tuple(event.tags),
        sequence=event.sequence,
        created_at=event.created_at,
        changed_at=event.changed_at,
    )


def _written(event: _Told) -> bytes:
    # A long one would take the place of many.
    return _kept(event) if len(event.description) < _LONGEST_KEPT else _kept.__wrapped__(event)


# A calendar is asked for again and again, and of its events one has changed.
@lru_cache(maxsize=1_000)
def _kept(event: _Told) -> bytes:
    return b"".join(_lines(_event(event)))


def _event(event: _Told) -> Component:
    made = Event()
    made["UID"] = vText(event.uid)
    made["DTSTAMP"] = made["LAST-MODIFIED"] = _utc(event.changed_at)
    made["CREATED"] = _utc(event.created_at)
    made["SEQUENCE"] = vInt(event.sequence)
    made["DTSTART"] = _local(event.local_start, event.timezone)
    made["DTEND"] = _end(event)
    if event.recurrence:
        made["RRULE"] = vUnknown(_rule(event.recurrence, event.timezone))
    made["STATUS"] = _STATUS[event.status]
    made["SUMMARY"] = _text(event.title, event.language)
    made["DESCRIPTION"] = _text(event.description, event.language)
    if event.location:
        made["LOCATION"] = _text(event.location)
    if event.geo is not None:
        # vGeo writes what is near to zero as 1e-06, which RFC 5545 has no form for.
        made["GEO"] = vUnknown(f"{event.geo[0]:.6f};{event.geo[1]:.6f}")
    if event.online_url:
        made["CONFERENCE"] = vUri(_uri(event.online_url), params={"VALUE": "URI"})
    if event.tags:
        made["CATEGORIES"] = vCategory([_clean(tag) for tag in event.tags])
    made["URL"] = vUri(event.page)
    made["CLASS"] = _PUBLIC
    made["TRANSP"] = _OPAQUE
    return made


def _end(event: _Told) -> vDatetime:
    """When it ends, as DTEND, which more programs read than DURATION; RFC 5545 allows only one of them (3.6.1). Either
    way each date of a series lasts as long (3.8.5.3)."""
    zone = _zone(event.timezone)
    start = event.local_start.replace(tzinfo=zone).astimezone(UTC)
    end = (start + timedelta(minutes=event.minutes)).astimezone(zone)
    # A local time that the clock shows twice means the first (RFC 5545, 3.3.5); only UTC can tell the second.
    return _utc(end) if end.fold else _local(end.replace(tzinfo=None), event.timezone)


def _rule(recurrence: str, timezone: str) -> str:
    """The rule with its end in UTC, as a start with a zone asks for (RFC 5545, 3.3.10)."""

    def in_utc(found: re.Match[str]) -> str:
        local = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=_zone(timezone))
        return f"UNTIL={local.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    return _UNTIL.sub(in_utc, recurrence.removeprefix("RRULE:"))


def _utc(moment: datetime) -> vDatetime:
    return vDatetime(moment.astimezone(UTC))


def _local(moment: datetime, timezone: str) -> vDatetime:
    """A wall clock's time in a zone, by the name that people chose."""
    if timezone == "UTC":
        return vDatetime(moment.replace(tzinfo=UTC))
    value = vDatetime(moment)
    value.params["TZID"] = timezone
    return value


def _text(text: str, language: str | None = None) -> _Text:
    return _Text(_clean(text), params={"LANGUAGE": language} if language else None)


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _lines(component: Component) -> Iterator[bytes]:
    """The component line by line, folded: what its `to_ical` gives, in less than half of the time, which for a thousand
    events is a quarter of a second."""
    properties: list[tuple[str, Any]] = component.property_items(sorted=False)
    for name, value in properties:
        if isinstance(value, bytes):  # BEGIN and END
            yield b"%b:%b\r\n" % (name.encode(), value)
        elif value.params:
            yield _fold(b"%b;%b:%b" % (name.encode(), value.params.to_ical(), value.to_ical()))
        else:
            yield _fold(b"%b:%b" % (name.encode(), value.to_ical()))


def _fold(line: bytes) -> bytes:
    """The line in pieces of at most 75 octets (RFC 5545, 3.1), cut neither within a character nor within an escape."""
    if len(line) <= _OCTETS:
        return line + b"\r\n"
    pieces, start, space_left = [], 0, _OCTETS
    while len(line) - start > space_left:
        end = start + space_left
        while line[end] & 0xC0 == 0x80:  # not the first octet of a character
            end -= 1
        piece = line[start:end]
        # Two backslashes are one escape: only an odd number ends in the middle of one.
        if (end - start - len(piece.rstrip(b"\\"))) % 2:
            end -= 1
        pieces.append(line[start:end])
        start, space_left = end, _OCTETS - 1  # a blank begins each further piece
    return b"\r\n ".join([*pieces, line[start:]]) + b"\r\n"


def _uri(address: str) -> str:
    return _CONTROL.sub("", address).replace("\n", "").replace(" ", "%20")
