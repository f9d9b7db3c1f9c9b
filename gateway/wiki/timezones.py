"""A time zone as iCalendar's VTIMEZONE (RFC 5545, 3.6.5), from the machine's own zone data.

`icalendar` can make one too (`Timezone.from_tzid`), but lists each change as an RDATE, up to 2038. Outlook reads no
RDATE: of a zone it takes the STANDARD and the DAYLIGHT part with the latest start, each with the yearly rule in it
(MS-STANOICAL 2.2.47; MS-OXCICAL 2.1.3.1.1.19.2). So:

- What goes on in the same way each year is one observance with an RRULE without an end.
- Every other change (Morocco's around Ramadan, rules that were given up) is an observance of its own, with its
  DTSTART alone. That is right for readers of RRULE, of RDATE, and of neither. Outlook has but one change a year, and
  so no way to read these.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

YEARS_AHEAD = 12
"""How far ahead of now each change is looked at. In any eleven years a date falls on each day of the week, so what
fits "the second Sunday" for twelve is that rule and no other."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LAST = -1


class _Change(NamedTuple):
    """A change of the clock. `onset` is told by the clock that ran until then, as RFC 5545 asks for."""

    onset: datetime
    offset_from: timedelta
    offset_to: timedelta
    name: str
    daylight: bool


class _Pattern(NamedTuple):
    """A change and the rule that may be behind it: a day of the week, counted within a month, at a time."""

    change: _Change
    nth: int

    def key(self) -> tuple[object, ...]:
        onset = self.change.onset
        return (*self.change[1:], onset.month, onset.weekday(), onset.time(), self.nth)


def vtimezone(name: str, earliest: int, latest: int, now: int) -> bytes:
    """The zone, right from the start of the year `earliest` to the end of `latest` and some years after `now`; for
    ever where it follows a yearly rule."""
    # The year before shows what holds when the first one begins.
    return _vtimezone(name, min(earliest, now) - 1, max(latest, now + YEARS_AHEAD), now)


def utc() -> bytes:
    """UTC, which never changes."""
    return _timezone("UTC", [(_Change(datetime(1970, 1, 1), *_still("UTC", 1970)), None)])  # noqa: DTZ001


@lru_cache(maxsize=1000)
def _vtimezone(name: str, first: int, last: int, now: int) -> bytes:
    changes = [change for year in range(first, last + 1) for change in _changes(name, year)]
    rules = dict(_rules(changes, range(now + 1, last + 1)))
    ruled = {change for _, covered in rules.values() for change in covered}
    observances: list[tuple[_Change, str | None]] = [
        *((change, None) for change in changes if change not in ruled),
        *((start, rule) for rule, (start, _) in rules.items()),
    ]
    if not changes or changes[0].onset.year != first:
        observances.append((_Change(datetime(first, 1, 1), *_still(name, first)), None))  # noqa: DTZ001
    return _timezone(name, sorted(observances, key=lambda observance: observance[0].onset))


def _rules(changes: Sequence[_Change], years: range) -> Iterator[tuple[str, tuple[_Change, list[_Change]]]]:
    """The rules that hold in all of `years`: each with its first change, as the rule tells it, and all of its
    changes."""
    found: dict[tuple[object, ...], dict[int, tuple[_Pattern, _Change]]] = {}
    for change in changes:
        for pattern in _patterns(change):
            found.setdefault(pattern.key(), {})[pattern.change.onset.year] = pattern, change
    for by_year in found.values():
        if not all(year in by_year for year in years):
            continue
        first = years[0]
        while first - 1 in by_year:
            first -= 1
        start = by_year[first][0]
        covered = [change for year, (_, change) in by_year.items() if year >= first]
        yield _rule(start), (start.change, covered)


def _patterns(change: _Change) -> Iterator[_Pattern]:
    """The rules that the change may follow.

    "The Sunday after the first Saturday" (Chile) is no day of a week counted within a month: a change at midnight may
    belong to the day that ends. It is then told as 23:59:59, as Windows does; times are told to the minute, so
    none comes out differently.
    """
    told = [change.onset]
    if (change.onset.hour, change.onset.minute, change.onset.second) == (0, 0, 0):
        told.append(change.onset - _SECOND)
    for onset in told:
        days = monthrange(onset.year, onset.month)[1]
        if onset.day <= 28:
            yield _Pattern(change._replace(onset=onset), (onset.day - 1) // 7 + 1)
        if onset.day > days - 7:
            yield _Pattern(change._replace(onset=onset), _LAST)


def _rule(start: _Pattern) -> str:
    onset = start.change.onset
    return f"FREQ=YEARLY;BYMONTH={onset.month};BYDAY={start.nth}{_WEEKDAYS[onset.weekday()]}"


def _timezone(name: str, observances: Sequence[tuple[_Change, str | None]]) -> bytes:
    timezone = Timezone()
    timezone.add("TZID", name)
    for change, rule in observances:
        part = TimezoneDaylight() if change.daylight else TimezoneStandard()
        part.add("DTSTART", change.onset)
        part.add("TZOFFSETFROM", change.offset_from)
        part.add("TZOFFSETTO", change.offset_to)
        part.add("TZNAME", change.name)
        if rule:
            part.add("RRULE", rule)
        timezone.add_component(part)
    written: bytes = timezone.to_ical()
    return written


def _still(name: str, year: int) -> tuple[timedelta, timedelta, str, bool]:
    """What the clock shows as the year begins, as a change to that from that."""
    local = datetime(year, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(name))
    return _offset(local), _offset(local), local.tzname() or "", _saving(local) > timedelta()


@lru_cache(maxsize=20_000)
def _changes(name: str, year: int) -> tuple[_Change, ...]:
    """Each change of offset or name in the year, as UTC counts it; one a day at most."""
    zone = ZoneInfo(name)
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    shown = _shown(zone, moment)
    found = []
    while moment < end:
        following = moment + _DAY
        if _shown(zone, following) != shown:
            found.append(_change(zone, moment, following))
            shown = _shown(zone, following)
        moment = following
    return tuple(found)


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> _Change:
    """The change between two moments."""
    shown = _shown(zone, low)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if _shown(zone, middle) == shown:
            low = middle
        else:
            high = middle
    old, new = low.astimezone(zone), high.astimezone(zone)
    before, after = _saving(old), _saving(new)
    # Ireland and Morocco save a negative hour in winter and at Ramadan; readers look for the hour more in DAYLIGHT
    # (tz's "rearguard" form does the same).
    daylight = after > timedelta() or (not after and before < timedelta())
    onset = high.replace(tzinfo=None) + _offset(old)
    return _Change(onset, _offset(old), _offset(new), new.tzname() or "", daylight)


def _shown(zone: ZoneInfo, moment: datetime) -> tuple[timedelta | None, str | None]:
    local = moment.astimezone(zone)
    return local.utcoffset(), local.tzname()


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()


def _saving(local: datetime) -> timedelta:
    return local.dst() or timedelta()
