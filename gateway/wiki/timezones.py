"""A time zone as iCalendar's VTIMEZONE, from the machine's own zone data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1000)
def vtimezone(name: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The lines of the zone's VTIMEZONE, right from the start of `first_year` to the end of `last_year`.

    Changes of the same kind are one observance with their dates listed: no guess at the rule behind them, which
    some countries announce year by year.
    """
    zone = ZoneInfo(name)
    start, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    before = start.astimezone(zone)
    offset = _offset(before)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    lines += _observance(before, offset, [before.replace(tzinfo=None)])
    kinds: dict[tuple[str, str, str, bool], tuple[datetime, list[datetime]]] = {}
    for moment in _changes(zone, start, end):
        old, new = (moment - _SECOND).astimezone(zone), moment.astimezone(zone)
        # The onset is told by the clock that ran until then.
        onset = moment.astimezone(UTC).replace(tzinfo=None) + (old.utcoffset() or timedelta())
        key = (_offset(old), _offset(new), new.tzname() or "", bool(new.dst()))
        kinds.setdefault(key, (new, []))[1].append(onset)
    for (offset_from, *_), (new, onsets) in kinds.items():
        lines += _observance(new, offset_from, onsets)
    return (*lines, "END:VTIMEZONE")


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Each first second under another offset or name."""
    moment, state = start, _state(zone, start)
    while moment < end:
        following = min(moment + _DAY, end)
        following_state = _state(zone, following)
        if state != following_state:
            low, high = moment, following
            while high - low > _SECOND:
                middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
                if _state(zone, middle) == state:
                    low = middle
                else:
                    high = middle
            yield high
        moment, state = following, following_state


def _state(zone: ZoneInfo, moment: datetime) -> tuple[timedelta | None, str | None]:
    local = moment.astimezone(zone)
    return local.utcoffset(), local.tzname()


def _observance(after: datetime, offset_from: str, onsets: list[datetime]) -> Iterator[str]:
    kind = "DAYLIGHT" if after.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{onsets[0]:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{offset_from}"
    yield f"TZOFFSETTO:{_offset(after)}"
    yield f"TZNAME:{after.tzname()}"
    for onset in onsets[1:]:
        yield f"RDATE:{onset:%Y%m%dT%H%M%S}"
    yield f"END:{kind}"


def _offset(moment: datetime) -> str:
    """`+HHMM`, with seconds where an old local mean time has them."""
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    sign, seconds = ("-" if seconds < 0 else "+"), abs(seconds)
    rest = f"{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}{rest}"
