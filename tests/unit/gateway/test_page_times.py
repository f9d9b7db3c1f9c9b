"""Times on kept pages: one page serves all time zones and hours, and each reader reads right times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from contracts.common import Page
from contracts.events import EventLine, EventQuery, Month
from core import clock
from core.audience import STRANGER
from gateway import times
from gateway.cache import moments
from gateway.holes import leave_times_open
from gateway.times import Reading
from tests.unit.gateway.cached import NOON, Cached
from tests.unit.gateway.fakes import line
from tests.unit.gateway.page_samples import event, event_line

pytestmark = pytest.mark.slow

STYLES = st.sampled_from(["relative", "date", "time", "datetime", "yMMMM", "d"])
ZONES = st.sampled_from(["Asia/Tokyo", "Africa/Cairo", "America/Bogota", "UTC"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC, microsecond=0)
)


def shown(body: bytes) -> list[str]:
    """What the page's times say."""
    return re.findall(r"<time[^>]*>([^<]*)</time>", body.decode())


def publish(cached: Cached, at: datetime) -> None:
    cached.fakes.blog.answers["articles"] = Page[Any](items=[line(published_at=at)])


def read(cached: Cached, path: str = "/news", zone: str = "") -> Any:
    cookie = {"Cookie": f"space_timezone={zone}"} if zone else {}
    return cached.app.test_client(use_cookies=False).get(path, headers=cookie)


def test_what_is_said_of_a_time_goes_on_while_the_page_is_kept(cached: Cached) -> None:
    publish(cached, NOON - timedelta(minutes=5))
    first = read(cached)
    with clock.at(NOON + timedelta(hours=2)):
        later = read(cached)
        again = read(cached)
    assert shown(first.data) == ["5 minutes ago"]
    assert shown(later.data) == shown(again.data) == ["2 hours ago"]
    assert first.headers["ETag"] != later.headers["ETag"] == again.headers["ETag"]
    assert cached.made() == 1


def test_a_page_that_says_the_same_a_minute_later_is_the_same(cached: Cached) -> None:
    publish(cached, NOON - timedelta(days=90))
    first = read(cached)
    with clock.at(NOON + timedelta(minutes=1)):
        assert read(cached).headers["ETag"] == first.headers["ETag"]


def test_one_page_serves_all_zones_each_with_its_own_times(cached: Cached) -> None:
    publish(cached, datetime(2025, 12, 31, 22, 30, tzinfo=UTC))
    said = [
        shown(read(cached, zone=zone).data) for zone in ("", "Asia/Tokyo", "America/Bogota", "Africa/Cairo")
    ]
    assert said == [["Dec 31, 2025"], ["Jan 1, 2026"], ["Dec 31, 2025"], ["Jan 1, 2026"]]
    assert cached.made() == 1


def test_a_page_that_is_another_one_elsewhere_is_kept_by_zone(cached: Cached) -> None:
    calls = cached.fakes.events.called
    cached.fakes.events.answers["events"] = Page[EventLine](items=[event_line()])
    for zone in ("Asia/Tokyo", "", "Asia/Tokyo", "Africa/Cairo", ""):
        said = read(cached, "/events", zone).text
        assert ("01:00" in said or "1:00" in said) == (zone == "Asia/Tokyo"), "16:00 UTC is 1:00 in Tokyo"
    assert len(calls("events")) == 3


def test_pages_by_zone_stay_apart_however_many_they_are(cached: Cached) -> None:
    cached.fakes.events.answers["events"] = Page[EventLine](items=[event_line()])
    cached.app.extensions["space.page_cache"].most_remembered = 1
    for address, zone in (("/events", ""), ("/events?tag=a", ""), ("/events", "Asia/Tokyo")):
        read(cached, address, zone)
    assert len(cached.fakes.events.called("events")) == 3, "no page of another zone was sent"


def test_a_page_goes_when_an_event_that_it_shows_is_over(cached: Cached) -> None:
    over = NOON.replace(second=0) + timedelta(minutes=30)
    cached.fakes.events.answers["events"] = Page[EventLine](
        items=[event_line(starts_at=over - timedelta(hours=1), ends_at=over)]
    )
    for at, made in ((NOON, 1), (over - timedelta(seconds=1), 1), (over, 2)):
        with clock.at(at):
            read(cached, "/")
        assert len(cached.fakes.events.called("events")) == made


@given(MOMENTS, MOMENTS, STYLES, st.none() | ZONES, st.sampled_from(["", "Europe/Paris"]))
def test_a_time_is_the_same_in_a_kept_page_and_in_one_for_a_single_reader(
    one_app: Flask, value: datetime, now: datetime, style: str, zone: str | None, otherwise: str
) -> None:
    cookie = {"Cookie": f"space_timezone={zone}"} if zone else {}

    def written() -> str:
        made = (
            times.when(value, style, otherwise=otherwise),
            times.event_time(value, "Asia/Kolkata"),
            times.event_interval(value, value + timedelta(hours=1), "Asia/Kolkata"),
            times.your_interval(value, value + timedelta(hours=1), "Asia/Kolkata"),
        )
        return " ".join(made)

    with clock.at(now):
        with one_app.test_request_context("/", headers=cookie):
            at_once = written()
        with one_app.test_request_context("/"):  # whoever asks first has another zone
            leave_times_open()
            kept = written().encode()
    assert times.has_times(kept)
    assert not times.has_times(at_once.encode())
    assert times.fill_times(kept, Reading(zone, now)).decode() == at_once


def test_nobody_can_write_a_time_into_a_text(one_app: Flask) -> None:
    with one_app.test_request_context("/"):
        leave_times_open()
        forged = re.sub(r"\[\w+", "[0123456789abcdef", times.when(NOON))
    assert not times.has_times(forged.encode())
    assert times.fill_times(forged.encode(), Reading(None, NOON)).decode() == forged


def test_until_when_what_events_says_is_right() -> None:
    ends = NOON + timedelta(hours=3)
    one = event_line(starts_at=NOON, ends_at=ends)
    midnight, minute = datetime(2026, 5, 5, tzinfo=UTC), NOON.replace(minute=1, second=0)

    def until(method: str, found: Any, *args: Any) -> datetime | None:
        return moments.until("events", method, NOON, found, STRANGER, *args)

    query = EventQuery()
    assert until("events", Page[EventLine](items=[one]), query) == ends
    assert until("events", Page[EventLine](items=[]), query) == midnight
    assert until("events", Page[EventLine](items=[one]), EventQuery(from_time=NOON)) is None
    month = Month(first=NOON.date(), timezone="Asia/Kolkata")
    assert until("month", [one], month, query) == NOON.replace(minute=15, second=0)
    view = event(starts_at=NOON, ends_at=ends)
    assert until("event", view, view.id, None, None) == ends
    over = event(starts_at=NOON - timedelta(days=2), ends_at=NOON - timedelta(days=1))
    assert until("event", over, over.id, None, None) is None
    weekly = event(
        starts_at=NOON, ends_at=ends, minutes=180, recurrence="FREQ=WEEKLY",
        dates=[NOON + timedelta(weeks=number) for number in range(12)],
    )  # fmt: skip
    assert until("event", weekly, weekly.id, "20310101T1000", None) == ends
    few = weekly.model_copy(update={"dates": weekly.dates[:3]})
    assert until("event", few, few.id, None, None) == minute, "more dates may be stored at any time"
    assert until("events_by_id", [over, view], [over.id, view.id], [None, None], None) == ends
    assert until("attendees", Page[Any](items=[]), view.id, None, None, 50) == minute
    assert moments.until("blog", "articles", NOON, None) is None


@pytest.mark.parametrize("at", [NOON, NOON.replace(hour=23, minute=59, second=59)])
def test_the_next_minute_and_the_next_day(at: datetime) -> None:
    assert timedelta(0) < moments.next_minute(at) - at <= timedelta(minutes=1)
    assert timedelta(0) < moments.next_day(at) - at <= timedelta(days=1)
