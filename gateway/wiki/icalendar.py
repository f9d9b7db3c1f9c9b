"""Events as iCalendar (RFC 5545, with names of RFC 7986).

Times are local with their zones, so that a weekly meeting keeps its hour when the clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from contracts.events import EventView
from core import markup
from gateway.wiki.items import bcp47, place_words
from gateway.wiki.timezones import vtimezone

_OCTETS = 75
_YEARS_AHEAD = 10
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})(?!Z)")


def calendar(name: str, url: str, events: Sequence[tuple[EventView, str]], host: str) -> bytes:
    """A calendar of `events`, each with its page's address. UIDs are `<event id>@<host>`, for ever."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Space//Space//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"SOURCE;VALUE=URI:{url}",
        f"URL:{url}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    lines += _zones([event for event, _ in events])
    for event, page in events:
        lines += _event(event, page, host)
    lines.append("END:VCALENDAR")
    return "".join(f"{_fold(line)}\r\n" for line in lines).encode()


def _zones(events: Sequence[EventView]) -> Iterator[str]:
    years: dict[str, list[int]] = {}
    for event in events:
        if event.timezone != "UTC":
            years.setdefault(event.timezone, []).append(event.local_start.year)
    for name in sorted(years):
        yield from vtimezone(name, min(years[name]) - 1, max(years[name]) + _YEARS_AHEAD)


def _event(event: EventView, page: str, host: str) -> Iterator[str]:
    language = f";LANGUAGE={bcp47(event.language)}"
    yield "BEGIN:VEVENT"
    yield f"UID:{event.id}@{host}"
    yield f"DTSTAMP:{_utc(event.changed_at)}"
    yield f"CREATED:{_utc(event.created_at)}"
    yield f"LAST-MODIFIED:{_utc(event.changed_at)}"
    yield f"SEQUENCE:{event.sequence}"
    if event.timezone == "UTC":
        yield f"DTSTART:{event.local_start:%Y%m%dT%H%M%S}Z"
    else:
        yield f"DTSTART;TZID={event.timezone}:{event.local_start:%Y%m%dT%H%M%S}"
    yield f"DURATION:PT{event.minutes}M"
    if event.recurrence:
        yield f"RRULE:{_rule(event.recurrence, event.timezone)}"
    yield f"STATUS:{event.status.upper()}"
    yield f"SUMMARY{language}:{_text(event.title)}"
    yield f"DESCRIPTION{language}:{_text(_description(event, page))}"
    if where := ", ".join(place_words(event)) or event.online_url:
        yield f"LOCATION:{_text(where)}"
    if event.place is not None:
        yield f"GEO:{event.place.latitude:.6f};{event.place.longitude:.6f}"
    if event.online_url:
        yield f"CONFERENCE;VALUE=URI:{_uri(event.online_url)}"
    if event.tags:
        yield f"CATEGORIES:{','.join(_text(tag) for tag in event.tags)}"
    yield f"URL:{page}"
    yield "CLASS:PUBLIC"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _description(event: EventView, page: str) -> str:
    return "\n\n".join(part for part in (markup.plain(event.body), event.online_url, page) if part)


def _rule(recurrence: str, timezone: str) -> str:
    """The rule with its end in UTC, as a start with a zone asks for (RFC 5545, 3.3.10)."""

    def in_utc(found: re.Match[str]) -> str:
        local = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(timezone))
        return f"UNTIL={_utc(local)}"

    return _UNTIL.sub(in_utc, recurrence.removeprefix("RRULE:"))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _uri(address: str) -> str:
    return _CONTROL.sub("", address).replace("\n", "").replace(" ", "%20")


def _fold(line: str) -> str:
    """The line in pieces of at most 75 octets, never cut within a character; each further piece begins with a blank."""
    pieces: list[str] = []
    piece, octets = "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > _OCTETS:
            pieces.append(piece)
            piece, octets = " ", 1
        piece += character
        octets += size
    return "\r\n".join([*pieces, piece])
