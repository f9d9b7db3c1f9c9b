"""Calendars, read with icalendar: local times stay, rules end where they should, every zone is explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import EventView, Place
from core import clock
from gateway.wiki.icalendar import calendar
from tests.unit.gateway.harness import Robot, SystemHarness, plan_event
from tests.unit.gateway.ical_js import ical_js

pytestmark = pytest.mark.slow

MOMENT = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)


def event(**changes: Any) -> EventView:
    local = datetime(2026, 3, 20, 18, 0)  # noqa: DTZ001 - local time of the event's zone
    values: dict[str, Any] = {
        "id": "000000000000000e", "slug": "walk", "audience": "public", "author_id": "0000000000000001",
        "status": "confirmed", "format": "onsite", "language": "en", "title": "Walk", "languages": ["en"],
        "spoken": [], "tags": [], "starts_at": MOMENT, "ends_at": MOMENT, "timezone": "Europe/Berlin",
        "occurrence": "20260320T1800", "changed_at": MOMENT, "body": "Bring shoes.", "original_language": "en",
        "revision": 1, "versions": [], "local_start": local, "minutes": 90, "sequence": 0, "created_at": MOMENT,
    }  # fmt: skip
    return EventView.model_validate({**values, **changes})


def written(*events: EventView) -> bytes:
    return calendar(
        "Events",
        "http://space.test/feeds/events.ics",
        [(one, "http://space.test/e") for one in events],
        "space.test",
    )


def read(data: bytes) -> Any:
    found = icalendar.Calendar.from_ical(data)
    assert not found.errors
    for part in found.walk():
        assert not part.errors, part.errors
    return found


def only(data: bytes) -> Any:
    (found,) = read(data).walk("VEVENT")
    return found


def test_the_system_gives_its_events_as_a_calendar(system: SystemHarness) -> None:
    day = (clock.now() + timedelta(days=30)).date()
    body = {
        "language": "es", "title": "Paseo, con; \\ todo", "body": "Hola\n\n" + "ñ" * 200, "start": f"{day}T18:00",
        "minutes": 90, "timezone": "America/Bogota", "tags": ["mapas"], "recurrence": "FREQ=WEEKLY;COUNT=3",
        "place": {"name": "Bogotá", "country": "CO", "latitude": 4.6, "longitude": -74.08, "venue": "Sala 1"},
    }  # fmt: skip
    made = system.robot("Amina").post("/events", body)
    assert made.status_code == 201, made.text
    system.drain()
    id = made.json["id"]
    for path in (
        "events.ics",
        "tags/mapas.ics",
        f"events/{id}.ics",
        "search.ics?q=paseo",
        "events.ics?country=CO",
    ):
        answer = Robot(system).get(f"/feeds/{path}")
        assert answer.mimetype == "text/calendar"
        found = only(answer.data)
        assert found["UID"] == f"{id}@space.test", path
        assert found["SUMMARY"] == "Paseo, con; \\ todo"
        assert found["SUMMARY"].params["LANGUAGE"] == "es"
        assert "ñ" * 200 in found["DESCRIPTION"]
        assert found.start == datetime(day.year, day.month, day.day, 18, tzinfo=ZoneInfo("America/Bogota"))
        assert found.end - found.start == timedelta(minutes=90)
        assert found["DTEND"].params["TZID"] == "America/Bogota"
        assert found["LOCATION"] == "Sala 1, Bogotá, CO"
        assert (found["GEO"].latitude, found["GEO"].longitude) == (4.6, -74.08)
        assert found["URL"] == f"http://space.test/events/{id}/{made.json['slug']}"
        assert found["RRULE"]["COUNT"] == [3]
        assert found["STATUS"] == "CONFIRMED"
    assert "BEGIN:VEVENT" not in Robot(system).get("/feeds/events.ics?country=DE").text


def test_a_change_raises_the_sequence_and_cancelling_stays_in_the_calendar(system: SystemHarness) -> None:
    day = (clock.now() + timedelta(days=30)).date()
    made = plan_event(system, "Walk", start=f"{day}T18:00")
    before = only(Robot(system).get("/feeds/events.ics").data)
    change = {"revision": made["revision"], "status": "cancelled"}
    assert system.robot("Amina").patch(f"/events/{made['id']}", change).status_code == 200
    after = only(Robot(system).get("/feeds/events.ics").data)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["STATUS"] == "CANCELLED"
    assert after.start == datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def test_a_rule_ends_in_utc_on_the_same_local_day() -> None:
    found = only(written(event(recurrence="FREQ=WEEKLY;UNTIL=20260501T235959")))
    assert found["RRULE"]["UNTIL"] == [datetime(2026, 5, 1, 21, 59, 59, tzinfo=UTC)]
    until = written(event(recurrence="FREQ=WEEKLY;UNTIL=20260501T235959", timezone="UTC"))
    assert b"UNTIL=20260501T235959Z" in until


def test_a_weekly_meeting_keeps_its_hour_when_the_clocks_change() -> None:
    found = only(written(event(recurrence="FREQ=WEEKLY;COUNT=3")))
    rule = rrulestr(found["RRULE"].to_ical().decode(), dtstart=found.start)
    assert [(at.hour, at.utcoffset()) for at in rule] == [
        (18, timedelta(hours=1)),
        (18, timedelta(hours=1)),
        (18, timedelta(hours=2)),
    ]


@given(title=st.text(max_size=200), body=st.text(min_size=1, max_size=500), venue=st.text(max_size=100))
def test_whatever_people_write_stays_within_its_line(title: str, body: str, venue: str) -> None:
    place = Place(name="x", country="DE", latitude=-0.000001, longitude=180.0, venue=venue)
    data = written(event(title=title, body=body, place=place, tags=["a,b"]))
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    found = only(data)
    assert found["UID"] == "000000000000000e@space.test"
    assert len(found["CATEGORIES"].cats) == 1


@given(title=st.text(st.sampled_from("\\\n;,Nnñ𝄞"), min_size=1, max_size=300))
def test_what_is_escaped_comes_back_as_it_was(title: str) -> None:
    data = written(event(title=title))
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert only(data)["SUMMARY"] == title


def test_a_long_row_of_backslashes_is_folded_between_escapes() -> None:
    for length in (36, 37, 400):
        data = written(event(title="\\" * length, body=r"C:\New"))
        assert only(data)["SUMMARY"] == "\\" * length
        assert all(line.count(b"\\") % 2 == 0 for line in data.split(b"\r\n") if line.endswith(b"\\"))
        assert r"C:\New" in only(data)["DESCRIPTION"]


def test_a_calendar_comes_out_the_same_each_time() -> None:
    events = [event(timezone=zone) for zone in ("Europe/Berlin", "Africa/Casablanca", "UTC")]
    assert written(*events) == written(*events)


def test_several_zones_are_each_written_once() -> None:
    found = read(
        written(event(), event(id="000000000000000f"), event(timezone="Asia/Tokyo"), event(timezone="UTC"))
    )
    assert sorted(zone["TZID"] for zone in found.walk("VTIMEZONE")) == ["Asia/Tokyo", "Europe/Berlin"]


def test_an_empty_calendar_is_one() -> None:
    """RFC 5545 (3.6) wants a component in it, and readers refuse a file without."""
    found = read(written())
    assert [part.name for part in found.subcomponents] == ["VTIMEZONE"]
    assert ical_js("read_events.mjs", written().decode()) == {"components": ["vtimezone"], "events": []}


def test_ical_js_gets_the_right_dates_of_a_series() -> None:
    start = datetime(2014, 3, 3, 18)  # noqa: DTZ001 - local time of the event's zone
    events = [
        event(id=zone, timezone=zone, local_start=start, recurrence="FREQ=WEEKLY;COUNT=60")
        for zone in ("Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "UTC")
    ]
    found = ical_js("read_events.mjs", written(*events).decode())["events"]
    assert [one["uid"] for one in found] == [f"{one.id}@space.test" for one in events]
    for one, told in zip(events, found, strict=True):
        begins = [instant(start + timedelta(weeks=number), one.timezone) for number in range(60)]
        assert told["dates"] == [[begin, begin + 90 * 60] for begin in begins], one.id


def test_readers_of_the_end_and_of_the_duration_get_the_same_over_a_change_of_the_clocks() -> None:
    """Given the duration, ical.js would add it to what the clock shows and be an hour off."""
    nights = {
        "Europe/Berlin": "2026-03-28T23:30", "America/New_York": "2026-10-31T23:00",
        "Africa/Casablanca": "2026-02-14T23:00", "Australia/Lord_Howe": "2026-04-05T00:15",
    }  # fmt: skip
    events = [event(id=zone, timezone=zone, local_start=at, minutes=300) for zone, at in nights.items()]
    data = written(*events)
    found = ical_js("read_events.mjs", data.decode())["events"]
    for one, told, part in zip(events, found, read(data).walk("VEVENT"), strict=True):
        begin = instant(one.local_start, one.timezone)
        assert (told["end"], told["seconds"]) == (begin + 300 * 60, 300 * 60), one.id
        assert part.end.timestamp() == begin + 300 * 60, one.id


def instant(local: datetime, zone: str) -> int:
    return int(local.replace(tzinfo=ZoneInfo(zone)).timestamp())


def test_an_end_that_the_clock_shows_twice_is_told_in_utc() -> None:
    local = datetime(2026, 10, 25, 1, 30)  # noqa: DTZ001 - local time of the event's zone
    found = only(written(event(local_start=local, minutes=90)))
    assert found["DTEND"].dt == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert "DURATION" not in found  # RFC 5545, 3.6.1: not both
    assert found.end - found.start == timedelta(minutes=90)
