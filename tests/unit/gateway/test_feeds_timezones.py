"""Zones in a calendar, read back as three kinds of clients do: `icalendar`, `ical.js`, and one that ignores RDATE."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import pytest
from dateutil.rrule import rrulestr

from gateway.wiki.timezones import utc, vtimezone

NOW = 2026
ZONES = (
    "America/New_York", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun",
    "Australia/Lord_Howe", "Asia/Gaza", "Africa/Cairo", "America/Santiago", "Asia/Kolkata", "Asia/Kathmandu",
    "Pacific/Chatham", "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran", "Europe/Moscow", "America/Nuuk",
    "Antarctica/Troll", "Asia/Tokyo", "America/Bogota", "America/Havana", "Asia/Jerusalem", "Asia/Beirut",
    "Australia/Sydney",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[3]


def weeks(zone: str, first: datetime) -> list[datetime]:
    """Sixty meetings at 18:00, a week apart: wall clock times."""
    return [first + timedelta(weeks=number) for number in range(60)]


def starts() -> list[datetime]:
    """One series that is under way, and one that began long ago."""
    return [datetime(2026, 1, 5, 18), datetime(2014, 3, 3, 18), datetime(2027, 1, 4, 18)]  # noqa: DTZ001


def wanted(zone: str, local: datetime) -> int:
    return int(local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp())


@cache
def file_of(earliest: int) -> str:
    calendar = icalendar.Calendar()
    for zone in ZONES:
        calendar.add_component(vtimezone(zone, earliest, NOW + 2, NOW))
    text: str = calendar.to_ical().decode()
    return text


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


@pytest.mark.parametrize("first", starts(), ids=lambda first: str(first.year))
@pytest.mark.parametrize("zone", ZONES)
def test_a_reader_that_ignores_rdate_gets_the_right_time(zone: str, first: datetime) -> None:
    component = vtimezone(zone, first.year, NOW + 2, NOW)
    for local in weeks(zone, first):
        offset = without_rdate(component, local)
        assert int((local - offset).replace(tzinfo=UTC).timestamp()) == wanted(zone, local), local


@pytest.mark.parametrize("first", starts(), ids=lambda first: str(first.year))
@pytest.mark.parametrize("zone", ZONES)
def test_icalendar_gets_the_right_time(zone: str, first: datetime) -> None:
    found: Any = icalendar.Calendar.from_ical(file_of(first.year)).walk("VTIMEZONE")[ZONES.index(zone)]
    tz = found.to_tz(lookup_tzid=False)
    for local in weeks(zone, first):
        assert int(local.replace(tzinfo=tz).timestamp()) == wanted(zone, local), local


@pytest.mark.parametrize("first", starts(), ids=lambda first: str(first.year))
def test_ical_js_gets_the_right_time(first: datetime) -> None:
    times = [(zone, local) for zone in ZONES for local in weeks(zone, first)]
    asked = {"calendar": file_of(first.year), "times": [(zone, local.isoformat()) for zone, local in times]}
    script = Path(__file__).with_name("read_times.mjs")
    result = subprocess.run(
        ["node", str(script)], input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=ROOT
    )
    found = dict(zip(times, json.loads(result.stdout), strict=True))
    wrong = [(zone, local) for (zone, local), seconds in found.items() if seconds != wanted(zone, local)]
    assert wrong == []


def test_a_zone_with_a_yearly_rule_goes_on_for_ever() -> None:
    component = vtimezone("Europe/Berlin", NOW, NOW, NOW)
    for year, month, hours in ((2060, 7, 2), (2060, 1, 1)):
        assert without_rdate(component, datetime(year, month, 15, 12)) == timedelta(hours=hours)  # noqa: DTZ001
    assert b"RDATE" not in component.to_ical()


def test_every_zone_can_be_written_down() -> None:
    for zone in sorted(available_timezones()):
        component = vtimezone(zone, NOW, NOW + 1, NOW)
        assert component["TZID"] == zone
        assert component.subcomponents, zone


def test_utc_never_changes() -> None:
    assert without_rdate(utc(), datetime(2030, 1, 1)) == timedelta(0)  # noqa: DTZ001
