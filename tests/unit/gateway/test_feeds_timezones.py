"""Zones in a calendar, read back as three kinds of clients do: `icalendar`, `ical.js`, and one that ignores RDATE."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import pytest
from dateutil.rrule import rrulestr

from gateway.wiki.timezones import utc, vtimezone
from tests.unit.gateway.ical_js import ical_js

pytestmark = pytest.mark.slow

NOW = 2026
ZONES = (
    "America/New_York", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun",
    "Australia/Lord_Howe", "Asia/Gaza", "Africa/Cairo", "America/Santiago", "Asia/Kolkata", "Asia/Kathmandu",
    "Pacific/Chatham", "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran", "Europe/Moscow", "America/Nuuk",
    "Antarctica/Troll", "Asia/Tokyo", "America/Bogota", "America/Havana", "Asia/Jerusalem", "Asia/Beirut",
    "Australia/Sydney",
)  # fmt: skip
WITHOUT_RULE = ("Africa/Casablanca", "Africa/El_Aaiun", "America/Nuuk", "Asia/Gaza", "Asia/Jerusalem")
"""Where a change comes at Ramadan, or on the day before "the last Sunday" or alike: no rule of Outlook's says that."""


SERIES = ((2026, 2026), (2014, 2014), (2014, 2027), (2026, 2027))
"""The year of the first date in the file, and the one whose weeks are looked at."""


def weeks(year: int) -> list[datetime]:
    """Sixty meetings at 18:00, a week apart: wall clock times."""
    return [datetime(year, 1, 5, 18) + timedelta(weeks=number) for number in range(60)]  # noqa: DTZ001


def wanted(zone: str, local: datetime) -> int:
    return int(local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp())


@cache
def file_of(earliest: int) -> str:
    zones = b"".join(vtimezone(zone, earliest, NOW + 2, NOW) for zone in ZONES)
    return (b"BEGIN:VCALENDAR\r\n" + zones + b"END:VCALENDAR\r\n").decode()


def read(written: bytes) -> Any:
    return icalendar.Timezone.from_ical(written)


def without_rdate(component: Any, local: datetime) -> timedelta:
    """The offset at a wall clock time, by DTSTART and RRULE alone."""
    onsets = []
    for part in component.subcomponents:
        start = part["DTSTART"].dt
        last = start if start <= local else None
        if "RRULE" in part:
            last = rrulestr(part["RRULE"].to_ical().decode(), dtstart=start).before(local, inc=True)
        if last is not None:
            onsets.append((last, part["TZOFFSETTO"].td))
    offset: timedelta = max(onsets)[1]
    return offset


def as_outlook(component: Any, local: datetime) -> timedelta:
    """The offset by what Outlook takes of a zone (MS-OXCICAL 2.1.3.1.1.19.2): the STANDARD and the DAYLIGHT part with
    the latest start, each onset every year alike."""
    parts = [
        max(component.walk(kind), key=lambda part: part["DTSTART"].dt)
        for kind in ("STANDARD", "DAYLIGHT")
        if component.walk(kind)
    ]
    if len(parts) == 1:
        offset: timedelta = parts[0]["TZOFFSETTO"].td
        return offset
    onsets: list[tuple[datetime, timedelta]] = []
    for part in parts:
        rule = part["RRULE"]
        assert rule.keys() == {"FREQ", "BYMONTH", "BYDAY"}
        assert rule["BYDAY"][0].relative in (1, 2, 3, 4, -1)
        start = part["DTSTART"].dt.replace(year=local.year - 2)
        last = rrulestr(rule.to_ical().decode(), dtstart=start).before(local, inc=True)
        assert last is not None
        onsets.append((last, part["TZOFFSETTO"].td))
    return max(onsets)[1]


@pytest.mark.parametrize(("earliest", "year"), SERIES)
@pytest.mark.parametrize("zone", ZONES)
def test_a_reader_that_ignores_rdate_gets_the_right_time(zone: str, earliest: int, year: int) -> None:
    component = read(vtimezone(zone, earliest, NOW + 2, NOW))
    for local in weeks(year):
        offset = without_rdate(component, local)
        assert int((local - offset).replace(tzinfo=UTC).timestamp()) == wanted(zone, local), local


@pytest.mark.parametrize("zone", sorted(set(ZONES) - set(WITHOUT_RULE)))
def test_outlook_gets_the_right_time_where_a_rule_holds(zone: str) -> None:
    component = read(vtimezone(zone, NOW, NOW + 2, NOW))
    for local in weeks(NOW):
        offset = as_outlook(component, local)
        assert int((local - offset).replace(tzinfo=UTC).timestamp()) == wanted(zone, local), local


@pytest.mark.parametrize(("earliest", "year"), SERIES)
@pytest.mark.parametrize("zone", ZONES)
def test_icalendar_gets_the_right_time(zone: str, earliest: int, year: int) -> None:
    found: Any = icalendar.Calendar.from_ical(file_of(earliest)).walk("VTIMEZONE")[ZONES.index(zone)]
    tz = found.to_tz(lookup_tzid=False)
    for local in weeks(year):
        assert int(local.replace(tzinfo=tz).timestamp()) == wanted(zone, local), local


@pytest.mark.parametrize(("earliest", "year"), SERIES)
def test_ical_js_gets_the_right_time(earliest: int, year: int) -> None:
    times = [(zone, local) for zone in ZONES for local in weeks(year)]
    asked = {"calendar": file_of(earliest), "times": [(zone, local.isoformat()) for zone, local in times]}
    found = dict(zip(times, ical_js("read_times.mjs", json.dumps(asked)), strict=True))
    wrong = [(zone, local) for (zone, local), seconds in found.items() if seconds != wanted(zone, local)]
    assert wrong == []


def test_a_change_at_midnight_is_right_to_the_minute() -> None:
    """It is told as 23:59:59 where only the day before is counted within the month."""
    zone = ZoneInfo("America/Santiago")
    written = vtimezone("America/Santiago", NOW, NOW, NOW)
    assert b"T235959" in written
    component = read(written)
    for change in (datetime(2026, 4, 5), datetime(2026, 9, 6)):  # noqa: DTZ001 - a wall clock
        for minutes in range(-180, 180):
            local = change + timedelta(minutes=minutes)
            if local.replace(tzinfo=zone).utcoffset() == local.replace(tzinfo=zone, fold=1).utcoffset():
                assert without_rdate(component, local) == local.replace(tzinfo=zone).utcoffset(), local


def test_a_zone_with_a_yearly_rule_goes_on_for_ever() -> None:
    written = vtimezone("Europe/Berlin", NOW, NOW, NOW)
    for year, month, hours in ((2060, 7, 2), (2060, 1, 1)):
        local = datetime(year, month, 15, 12)  # noqa: DTZ001 - a wall clock
        assert without_rdate(read(written), local) == timedelta(hours=hours)


def test_no_zone_needs_rdate_or_the_end_of_a_rule() -> None:
    assert "RDATE" not in file_of(2014)
    assert "UNTIL" not in file_of(2014)


def test_ireland_saves_daylight_in_summer() -> None:
    """The zone data have it the other way round."""
    (part,) = read(vtimezone("Europe/Dublin", NOW, NOW, NOW)).walk("DAYLIGHT")
    assert part["TZOFFSETTO"].td == timedelta(hours=1)


def test_every_zone_can_be_written_down() -> None:
    for zone in sorted(available_timezones()):
        component = read(vtimezone(zone, NOW, NOW + 1, NOW))
        assert component["TZID"] == zone
        assert component.subcomponents, zone


def test_utc_never_changes() -> None:
    assert without_rdate(read(utc()), datetime(2030, 1, 1)) == timedelta(0)  # noqa: DTZ001
