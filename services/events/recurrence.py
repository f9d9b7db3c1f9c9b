"""From a rule to dates: RFC 5545 recurrence, counted on the wall clock of the event's own zone.

A weekly meeting at 18:00 stays at 18:00 when the clocks change, so the dates are made in local time first and
turned into instants after. A local time that the clock skips is read with the offset before the gap (RFC
5545, 3.3.5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from contracts.errors import invalid

MONTHS_AHEAD = timedelta(days=550)
"""Dates of a rule are stored until this long after now, about 18 months."""

MONTHS_BACK = timedelta(days=731)
"""Dates of a rule are stored from this long before now."""

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_TOO_OFTEN_PARTS = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
# dateutil tries each day up to the year 9999 when a daily or weekly rule never fits (30 February), which
# takes seconds:
# there only the parts that always fit some day are taken.
_PARTS_OF_SHORT = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"})
_PARTS = _PARTS_OF_SHORT | {"BYMONTHDAY", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"}
_VALUES = {
    "BYDAY": re.compile(r"([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTH": re.compile(r"[1-9]|1[0-2]"),
    "BYMONTHDAY": re.compile(r"[+-]?([1-9]|[12]\d|3[01])"),
    "BYYEARDAY": re.compile(r"[+-]?([1-9]|[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"),
    "BYWEEKNO": re.compile(r"[+-]?([1-9]|[1-4]\d|5[0-3])"),
    "BYSETPOS": re.compile(r"[+-]?([1-9]|[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
}
"""The values that RFC 5545, 3.3.10, allows."""

_SEARCHED = timedelta(days=3653)
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?")
_MOST = 1000


@dataclass(frozen=True)
class Date:
    """One date: its name (local start, `YYYYMMDDTHHMM`) and when it begins and ends (UTC)."""

    occurrence: str
    starts_at: datetime
    ends_at: datetime


def skipped(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's clock never shows the local time, because it is put forward over it."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local


def normal_rule(text: str, local_start: datetime, timezone: str) -> str:
    """The rule in one spelling: upper case, `UNTIL` in local time.

    Raises `Invalid` with `recurrence-shape`, `recurrence-endless-small` (more than one date a day), `recurrence-never`
    (no date within ten years), or on `start` with `start-not-in-rule` (param `first`, a day) if the start is not one
    of the rule's dates: calendar programs disagree about such a series (RFC 5545, 3.8.5.3).
    """
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in _TOO_OFTEN or not _TOO_OFTEN_PARTS.isdisjoint(parts):
        raise invalid("recurrence", "recurrence-endless-small")
    allowed = _PARTS_OF_SHORT if frequency in ("DAILY", "WEEKLY") else _PARTS
    if frequency not in _FREQUENCIES or not allowed.issuperset(parts) or {"COUNT", "UNTIL"} <= parts.keys():
        raise invalid("recurrence", "recurrence-shape")
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not (
            parts[name].isascii() and parts[name].isdigit() and 1 <= int(parts[name]) <= _MOST
        ):
            raise invalid("recurrence", "recurrence-shape")
    if frequency == "DAILY" and parts.get("INTERVAL", "1") != "1" and {"BYDAY", "BYMONTH"} & parts.keys():
        raise invalid("recurrence", "recurrence-shape")
    for name, valid in _VALUES.items():
        if name in parts and not all(map(valid.fullmatch, parts[name].split(","))):
            raise invalid("recurrence", "recurrence-shape")
    if frequency in ("DAILY", "WEEKLY") and re.search(r"\d", parts.get("BYDAY", "")):
        raise invalid("recurrence", "recurrence-shape")
    if "UNTIL" in parts:
        parts["UNTIL"] = _local_until(parts["UNTIL"], ZoneInfo(timezone))
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        first = first_date(parts, local_start)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError):
        raise invalid("recurrence", "recurrence-shape") from None
    if first is None:
        raise invalid("recurrence", "recurrence-never")
    if first != local_start:
        raise invalid("start", "start-not-in-rule", first=first.date().isoformat())
    return rule


def first_date(parts: dict[str, str], local_start: datetime) -> datetime | None:
    """The rule's first date from the start on, None if there is none within ten years.

    dateutil tries a rule that never fits, such as 30 February, up to the year 9999, so it is asked about the same
    calendar as late as that can be: the days of the week and the leap years come again every 400 years.
    """
    endless = ";".join(f"{name}={value}" for name, value in parts.items() if name not in ("COUNT", "UNTIL"))
    until = local_start + _SEARCHED
    if "UNTIL" in parts:
        until = min(until, datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%S"))  # noqa: DTZ007
    later = (MAXYEAR - 11 - local_start.year) // 400 * 400 if local_start.year < MAXYEAR - 11 else 0
    if until < local_start:
        return None
    rule = _rule(endless, _years_later(local_start, later)).replace(until=_years_later(until, later))
    first = next(iter(rule), None)
    return None if first is None else _years_later(first, -later)


def _years_later(moment: datetime, years: int) -> datetime:
    return moment.replace(year=moment.year + years)


def dates(
    recurrence: str | None,
    local_start: datetime,
    minutes: int,
    timezone: str,
    *,
    after: datetime,
    until: datetime,
) -> tuple[list[Date], bool]:
    """The dates that start in `after < start <= until` (instants), and whether the rule gives later ones
    still.

    A single event has one date whatever the bounds. The first date of a series is its start, also if the rule itself
    begins later, which series of earlier releases may.
    """
    zone = ZoneInfo(timezone)
    if recurrence is None:
        return [_date(local_start, minutes, zone)], False
    found = [_date(local_start, minutes, zone)]
    more = False
    for local in _rule(recurrence, local_start):
        date = _date(local, minutes, zone)
        if date.starts_at > until:
            more = True
            break
        if local != local_start:
            found.append(date)
    return [date for date in found if date.starts_at > after], more


def window(local_start: datetime, timezone: str, now: datetime) -> tuple[datetime, datetime]:
    """The time whose dates of a series are stored as of `now`. It includes the start of a series that begins
    later."""
    start = local_start.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    return now - MONTHS_BACK, max(now, start) + MONTHS_AHEAD


def _date(local: datetime, minutes: int, zone: ZoneInfo) -> Date:
    starts_at = local.replace(tzinfo=zone).astimezone(UTC)
    return Date(local.strftime("%Y%m%dT%H%M"), starts_at, starts_at + timedelta(minutes=minutes))


def _rule(recurrence: str, local_start: datetime) -> rrule:
    rule = rrulestr(recurrence, dtstart=local_start)
    if not isinstance(rule, rrule):
        raise ValueError("a single rule is wanted")
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = part.strip().partition("=")
        if not equals or not value or name in parts or not re.fullmatch(r"[A-Z0-9,+-]+", value):
            raise invalid("recurrence", "recurrence-shape")
        parts[name] = value
    return parts


def _local_until(value: str, zone: ZoneInfo) -> str:
    if not _UNTIL.fullmatch(value):
        raise invalid("recurrence", "recurrence-shape")
    if "T" not in value:
        value += "T235959"  # a bare date means that day too
    try:
        moment = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError:
        raise invalid("recurrence", "recurrence-shape") from None
    if value.endswith("Z"):
        moment = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    return moment.strftime("%Y%m%dT%H%M%S")
