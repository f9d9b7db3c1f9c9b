from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import Conflict, Forbidden, NotFound, invalid
from contracts.events import Attendee, EventLine, FoundPlace, WaitingPerson
from gateway.events import recurrence
from gateway.events.calendar import month_named, month_page
from gateway.events.map import marks_of
from tests.unit.gateway.fakes import BORIS, MOMENT, FakeServices
from tests.unit.gateway.page_samples import CAIRO, EVENT, event, event_line

Token = Callable[[FlaskClient], str]
PATH = f"/events/{EVENT}/bird-walk"


def found(name: str = "Cairo", country: str = "EG", zone: str = "Africa/Cairo") -> FoundPlace:
    return FoundPlace(id="1", name=name, country=country, latitude=30.06, longitude=31.25, timezone=zone)


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.events.answers.update(
        events=Page[EventLine](items=[event_line()]),
        month=[event_line()],
        event=event(),
        attendees=Page[Attendee](items=[]),
    )
    return fakes


@pytest.fixture
def form(token: Token, member: FlaskClient) -> dict[str, str]:
    """The form of a new event online, filled in rightly."""
    return {
        "title": "Bird walk", "body": "We walk.", "language": "en", "date": "2031-12-02",
        "time": "18:00", "minutes": "120",
        "timezone": "Africa/Cairo", "recurrence": "none", "online_url": "https://meet.example/x", "audience": "public",
        "tags": "Birds", "do": "create", "csrf_token": token(member),
    }  # fmt: skip


def created(fakes: FakeServices) -> Any:
    return fakes.events.called("create_event")[0][1]


# --- Lists


def test_the_list_shows_dates_in_the_readers_zone_and_their_own(stranger: FlaskClient) -> None:
    stranger.set_cookie("space_timezone", "Asia/Tokyo")
    page = stranger.get("/events").text
    assert "Bird walk" in page
    assert "December 2031" in page
    assert "Dec 3, 2031, 1:00" in page, "the reader's time"
    assert "in Cairo)" in page, "the event's own"


@pytest.mark.parametrize("path", ["/events", "/events?view=month&month=2031-12"])
def test_before_the_readers_zone_is_known_each_event_has_its_own_time(
    stranger: FlaskClient, path: str
) -> None:
    page = stranger.get(path).text
    assert "6:00" in page
    assert "4:00" not in page, "it is 16:00 UTC, which is nobody's time"
    assert "UTC" not in page
    assert "your time zone" not in page
    assert 'data-your-time="Your time: $1"' in page


@pytest.mark.slow
def test_an_event_s_page_before_the_zone_is_known(stranger: FlaskClient) -> None:
    page = stranger.get(PATH).text
    assert 'data-own-zone="Africa/Cairo"' in page
    assert "Cairo time" in page
    assert 'class="your-time"' not in page


def test_a_new_event_takes_no_zone_for_granted(member: FlaskClient) -> None:
    field = re.search(r'<input[^>]*name="timezone"[^>]*>', member.get("/events/new").text)
    assert field
    assert 'value=""' in field[0]
    member.set_cookie("space_timezone", "Asia/Tokyo")
    field = re.search(r'<input[^>]*name="timezone"[^>]*>', member.get("/events/new").text)
    assert field
    assert 'value="Asia/Tokyo"' in field[0]


def test_in_the_month_each_event_is_on_its_own_day_before_the_zone_is_known() -> None:
    late = datetime(2026, 12, 5, 9, 30, tzinfo=UTC)
    line = event_line(starts_at=late, ends_at=late + timedelta(minutes=20), timezone="Pacific/Honolulu")
    for zone, day in ((None, 4), ("UTC", 5)):
        month = month_page(date(2026, 12, 1), [line], zone, "en", MOMENT)
        assert [each.date.day for each in month.days] == [day]


@pytest.mark.parametrize(
    ("lang", "place"),
    [
        ("en", "<bdi>Cairo</bdi>, Egypt"),
        ("ar", "<bdi>Cairo</bdi>، مصر"),
        ("ja", "<bdi>Cairo</bdi>、エジプト"),
    ],
)
def test_a_place_and_its_country_are_parted_as_the_language_does(
    stranger: FlaskClient, lang: str, place: str
) -> None:
    assert place in stranger.get(f"/events?uselang={lang}").text


def test_the_month_is_a_table_with_a_caption(fakes: FakeServices, stranger: FlaskClient) -> None:
    page = stranger.get("/events?view=month&month=2031-12").text
    assert "<caption" in page
    assert page.count('<th scope="col"') == 7
    assert "Bird walk" in page
    assert fakes.events.called("month")[0][1].first == date(2031, 12, 1)


def test_each_day_with_events_leads_to_its_list(stranger: FlaskClient) -> None:
    page = stranger.get("/events?view=month&month=2031-12").text
    (day,) = re.findall(r'class="day-jump" href="#(d2031-12-\d\d)"', page)
    assert f'id="{day}"' in page
    assert "one event</span>" in page


@pytest.mark.parametrize("month", ["2031-13", "x", "2031", "0000-01", "2031-12-01"])
def test_a_month_that_is_none_is_refused(month: str, stranger: FlaskClient) -> None:
    answer = stranger.get("/events", query_string={"view": "month", "month": month})
    assert answer.status_code == 422


def test_weeks_begin_as_the_language_has_it() -> None:
    assert month_page(date(2026, 12, 1), [], "UTC", "de", MOMENT).weekdays[0] == 0
    assert month_page(date(2026, 12, 1), [], "UTC", "en", MOMENT).weeks[0][0].date == date(2026, 11, 30)
    assert month_page(date(2026, 12, 1), [], "UTC", "ar", MOMENT).weekdays[0] == 5
    assert month_page(date(2026, 12, 1), [], "UTC", "he", MOMENT).weekdays[0] == 6


def test_a_long_event_stands_on_each_of_its_days() -> None:
    start, end = (datetime.fromisoformat(f"2026-12-{day}T23:30:00+00:00") for day in ("03", "05"))
    month = month_page(date(2026, 12, 1), [event_line(starts_at=start, ends_at=end)], "UTC", "en", MOMENT)
    assert [day.date.day for day in month.days] == [3, 4, 5]
    assert [bool(day.going_on) for day in month.days] == [False, True, True]


def test_what_ends_at_midnight_does_not_touch_the_next_day() -> None:
    start, end = (
        datetime.fromisoformat("2026-12-03T20:00+00:00"),
        datetime.fromisoformat("2026-12-04T00:00+00:00"),
    )
    month = month_page(date(2026, 12, 1), [event_line(starts_at=start, ends_at=end)], "UTC", "en", MOMENT)
    assert [day.date.day for day in month.days] == [3]


def test_the_present_month_is_that_of_the_readers_zone() -> None:
    new_year = datetime.fromisoformat("2026-12-31T20:00+00:00")
    assert month_named(None, "Asia/Tokyo", new_year) == date(2027, 1, 1)


# --- The map


@pytest.mark.slow
def test_the_map_has_a_link_for_each_place_and_a_list(stranger: FlaskClient) -> None:
    page = stranger.get("/events/map").text
    assert f'<a class="pin" href="{PATH}"' in page
    assert 'id="place-1"' in page
    assert "/events/map/overview.svg?v=" in page
    assert "Natural Earth" in page


def test_near_places_are_one_mark() -> None:
    giza = CAIRO.model_copy(update={"name": "Giza", "latitude": 29.99, "longitude": 31.2})
    quito = CAIRO.model_copy(update={"name": "Quito", "latitude": -0.2, "longitude": -78.5})
    marks = marks_of(
        [event_line(place=CAIRO), event_line(place=giza), event_line(place=quito), event_line(place=None)]
    )
    assert [mark.places for mark in marks] == [["Cairo", "Giza"], ["Quito"]]


def test_the_map_reads_all_pages(fakes: FakeServices, stranger: FlaskClient) -> None:
    pages: dict[str | None, Page[EventLine]] = {
        None: Page(items=[event_line()], next="b"),
        "b": Page(items=[event_line(title="Second walk")]),
    }
    fakes.events.answers["events"] = lambda viewer, query: pages[query.after]
    assert "Second walk" in stranger.get("/events/map").text


def test_the_map_s_names_are_in_the_interface_s_language(stranger: FlaskClient) -> None:
    answer = stranger.get("/events/map/names.json?uselang=ar")
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.json is not None
    assert "مصر" in [country[0] for country in answer.json["countries"]]
    assert "القاهرة" in [city[0] for city in answer.json["cities"]]
    own = stranger.get("/events/map/names.json", headers={"Accept-Language": "de"})
    assert "private" in own.headers["Cache-Control"]
    assert own.json is not None
    assert "Ägypten" in [country[0] for country in own.json["countries"]]


def test_the_map_offers_few_languages_until_all_are_asked_for(stranger: FlaskClient) -> None:
    for path in ("/events/map", "/events", "/talk"):
        few, every = (stranger.get(path + query).text for query in ("", "?languages=all"))
        assert 'languages=all"' in few
        assert few.count("<option") < 300
        assert every.count("<option") > 800
        assert '<details class="filter-box" open>' in every


def test_the_overview_is_a_small_basemap(stranger: FlaskClient) -> None:
    address = re.search(r'href="(/events/map/overview\.svg\?v=\w+)#land"', stranger.get("/events/map").text)
    assert address is not None
    overview = stranger.get(address[1])
    assert "immutable" in overview.headers["Cache-Control"]
    assert 3 * len(overview.data) < len(stranger.get("/events/map/world.svg").data)


def test_the_basemap_is_kept_under_its_own_address(stranger: FlaskClient) -> None:
    answer = stranger.get("/events/map/world.svg?v=old", headers={"Accept-Encoding": "br"})
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" not in answer.headers["Cache-Control"]
    address = stranger.get("/events/map").text.partition('data-detailed="/events/map/world.svg?v=')[2][:12]
    assert "immutable" in stranger.get(f"/events/map/world.svg?v={address}").headers["Cache-Control"]


# --- One event


def test_an_event_shows_both_times_its_place_and_who_comes(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.events.answers["attendees"] = Page(
        items=[Attendee(person_id=BORIS, attending="going", since=MOMENT)]
    )
    page = member.get(PATH).text
    for text in (
        "Cairo time",
        "Your time:",
        "The old library",
        "Egypt",
        "Boris",
        "/feeds/events/",
        "walk and <em>look</em>",
    ):
        assert text in page


def test_strangers_do_not_learn_who_comes(fakes: FakeServices, stranger: FlaskClient) -> None:
    assert "Only people who are signed in can see who’s going." in stranger.get(PATH).text
    assert not fakes.events.called("attendees")


def test_the_date_in_the_address_is_asked_for(fakes: FakeServices, stranger: FlaskClient) -> None:
    stranger.get(f"{PATH}?date=20311209T1800&lang=ar")
    assert fakes.events.called("event")[0][1:] == (EVENT, "20311209T1800", "ar")


def test_addresses_lead_to_the_present_one(stranger: FlaskClient) -> None:
    assert stranger.get(f"/events/{EVENT}").location == PATH
    assert stranger.get(f"/events/{EVENT}/old").location == PATH


def test_an_event_one_may_not_see_is_not_found(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.events.answers["event"] = NotFound()
    assert stranger.get(PATH).status_code == 404


def test_a_cancelled_event_says_so_and_asks_nobody(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.events.answers["event"] = event(status="cancelled")
    page = member.get(PATH).text
    assert "This event has been cancelled." in page
    assert "/attend" not in page


def test_only_who_may_attend_is_asked(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.events.answers["event"] = event(attendance_open=True, may_attend=True)
    fakes.events.answers["attendance"] = "maybe"
    page = member.get(PATH).text
    assert f'action="{PATH}/attend"' in page
    assert 'value="maybe" aria-pressed="true"' in page
    assert 'value="going" aria-pressed="false"' in page
    fakes.events.answers["event"] = event(attendance_open=True)
    page = member.get(PATH).text
    assert "/attend" not in page
    assert "Sign in" in page


@pytest.mark.parametrize(("pressed", "told"), [("going", "going"), ("maybe", "maybe"), ("none", None)])
def test_saying_that_one_comes(
    pressed: str, told: str | None, fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.events.answers["attend"] = event()
    form = {"attending": pressed, "occurrence": "20311202T1800", "csrf_token": token(member)}
    assert member.post(f"{PATH}/attend", data=form).status_code == 303
    assert fakes.events.called("attend")[0][1:] == (EVENT, "20311202T1800", told)


FULL: dict[str, Any] = {
    "attendance_open": True, "may_attend": True, "seats": 2, "seats_free": 0, "going": 2, "waiting": 3,
}  # fmt: skip


def test_free_seats_are_shown_on_the_page_and_in_lists(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.events.answers["event"] = event(attendance_open=True, seats=20, seats_free=3)
    assert "3 seats free" in stranger.get(PATH).text
    fakes.events.answers["events"] = Page[EventLine](
        items=[event_line(seats=2, seats_free=1), event_line(seats=2, seats_free=0), event_line(**FULL)]
    )
    page = stranger.get("/events").text
    assert re.findall(r"One seat free|Full, 3 are waiting|Full(?=<)", page) == [
        "One seat free", "Full", "Full, 3 are waiting",
    ]  # fmt: skip
    fakes.events.answers["events"] = Page[EventLine](items=[event_line(status="cancelled", **FULL)])
    assert "Full" not in stranger.get("/events").text


def test_who_finds_no_seat_may_wait_and_sees_their_place(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.events.answers.update(event=event(**FULL), attendance=None, waiting_place=None)
    fakes.events.answers["waiting_list"] = Page(items=[WaitingPerson(person_id=BORIS, since=MOMENT)])
    page = member.get(PATH).text
    assert "Join the waiting list" in page
    assert "Waiting list" in page
    assert "Boris" in page
    fakes.events.answers["waiting_place"] = 3
    page = member.get(PATH).text
    assert "You’re number 3 on the waiting list." in page
    assert "Leave the waiting list" in page
    assert 'value="going"' not in page
    fakes.events.answers["attendance"] = "going"
    page = member.get(PATH).text
    assert 'value="going" aria-pressed="true">I’m going' in page
    assert "on the waiting list." not in page


def test_strangers_learn_how_many_wait_and_not_who(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.events.answers["event"] = event(**{**FULL, "may_attend": False})
    assert "Full, 3 are waiting" in stranger.get(PATH).text
    assert not fakes.events.called("waiting_list")


def test_who_has_to_wait_is_told_their_place(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.events.answers.update(attend=event(**FULL, my_place=4), waiting_place=4, attendance=None)
    fakes.events.answers["waiting_list"] = Page(items=[])
    form = {"attending": "going", "csrf_token": token(member)}
    page = member.post(f"{PATH}/attend", data=form, follow_redirects=True).text
    assert "You’re number 4 on the waiting list, and you’ll be told" in page


def test_an_answer_that_is_none_is_refused(member: FlaskClient, token: Token) -> None:
    form = {"attending": "perhaps", "csrf_token": token(member)}
    assert member.post(f"{PATH}/attend", data=form).status_code == 422


def test_a_past_date_is_refused_with_its_reason(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.events.answers["attend"] = Forbidden("event-past")
    answer = member.post(f"{PATH}/attend", data={"attending": "going", "csrf_token": token(member)})
    assert answer.status_code == 403
    assert "This date is over" in answer.text


# --- The form


def test_a_stranger_is_asked_to_sign_in(stranger: FlaskClient) -> None:
    assert stranger.get("/events/new").status_code == 401


def test_an_event_online_is_made(fakes: FakeServices, member: FlaskClient, form: dict[str, str]) -> None:
    fakes.events.answers["create_event"] = event()
    answer = member.post("/events/new", data={**form, "spoken": ["en", "ar", ""]})
    assert (answer.status_code, answer.location) == (303, PATH)
    command = created(fakes)
    assert command.start == datetime(2031, 12, 2, 18)  # noqa: DTZ001 - local to the event
    assert (command.minutes, command.place, command.spoken, command.tags) == (
        120,
        None,
        ["en", "ar"],
        ["Birds"],
    )


def test_all_that_is_wrong_is_told_at_once(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    wrong = {**form, "title": "", "date": "soon", "minutes": "many"}
    answer = member.post("/events/new", data=wrong)
    assert answer.status_code == 422
    for name in ("title", "date", "minutes"):
        assert f'href="#f-{name}"' in answer.text
    assert not fakes.events.called("create_event")


def test_a_wrong_day_alone_reaches_no_service(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    assert member.post("/events/new", data={**form, "date": "soon"}).status_code == 422
    assert not fakes.events.called("create_event")


def test_a_name_of_several_places_leads_to_a_choice(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers["find_places"] = [found(), found("Cairo", "US", "America/New_York")]
    answer = member.post("/events/new", data={**form, "place_query": "Cairo"})
    assert answer.status_code == 422
    assert "Several places have this name." in answer.text
    assert 'value="Cairo|US|30.06|31.25|America/New_York"' in answer.text
    assert "We walk." in answer.text
    assert not fakes.events.called("create_event")


def test_the_chosen_place_is_taken(fakes: FakeServices, member: FlaskClient, form: dict[str, str]) -> None:
    fakes.events.answers["create_event"] = event()
    chosen = {
        "place_query": "Cairo",
        "place_asked": "Cairo",
        "place": "Cairo|EG|30.06|31.25|Africa/Cairo",
        "venue": "Library",
    }
    assert member.post("/events/new", data={**form, **chosen, "timezone": ""}).status_code == 303
    command = created(fakes)
    assert (command.place.name, command.place.country, command.place.venue) == ("Cairo", "EG", "Library")
    assert command.timezone == "Africa/Cairo", "the place's own, where none was typed"


def test_a_name_of_one_place_needs_no_choice(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers.update(create_event=event(), find_places=[found()])
    assert member.post("/events/new", data={**form, "place_query": "Kairo"}).status_code == 303
    assert created(fakes).place.name == "Cairo"


def test_another_name_after_a_choice_is_looked_up_again(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers["find_places"] = [found("Giza"), found("Gizacity")]
    chosen = {"place_query": "Giza", "place_asked": "Cairo", "place": "Cairo|EG|30.06|31.25|Africa/Cairo"}
    assert member.post("/events/new", data={**form, **chosen}).status_code == 422


def test_the_button_finds_places_without_complaint(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers["find_places"] = [found()]
    answer = member.post("/events/new", data={**form, "place_query": "Cairo", "do": "find"})
    assert answer.status_code == 200
    assert "Cairo, Egypt" in answer.text


def test_a_place_that_nobody_knows_is_said(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers["find_places"] = []
    answer = member.post("/events/new", data={**form, "place_query": "Nowhere"})
    assert answer.status_code == 422
    assert "No city with this name was found." in answer.text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("date", "2031-02-30", "That isn’t a date."),
        ("date", "", "Please fill this in."),
        ("time", "25:00", "That isn’t a time of day."),
        ("until", "soon", "That isn’t a date."),
        ("minutes", "1", "This must be 5 or more."),
        ("minutes", "long", "This isn’t the right type of value."),
        ("title", "", "Please fill this in."),
        ("audience", "everyone", "This isn’t in the expected format."),
        ("place", "nonsense", "No city with this name"),
    ],
)
def test_bad_input_is_told_and_given_back(
    field: str, value: str, says: str, member: FlaskClient, form: dict[str, str]
) -> None:
    more = {"place_query": "x", "place_asked": "x"} if field == "place" else {}
    answer = member.post("/events/new", data={**form, **more, field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert "We walk." in answer.text


def test_what_the_calendar_refuses_stands_at_its_field(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers["create_event"] = invalid("start", "time-odd", timezone="Africa/Cairo")
    answer = member.post("/events/new", data=form)
    assert 'id="e-date"' in answer.text
    assert "The clocks go forward at this time in Africa/Cairo." in answer.text


def test_an_edit_begins_with_what_there_is(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.events.answers["event"] = event(
        may_edit=True, recurrence="FREQ=WEEKLY;BYDAY=TU;UNTIL=20320101T235959"
    )
    page = member.get(f"{PATH}/edit").text
    for text in (
        'value="2031-12-02"',
        'value="18:00"',
        '<option value="weekly" selected',
        'value="2032-01-01"',
        "Cairo|EG|",
    ):
        assert text in page


def test_the_form_sets_seats_and_takes_the_limit_away(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers.update(
        create_event=event(), event=event(may_edit=True, seats=25), change_event=event()
    )
    member.post("/events/new", data={**form, "seats": "25"})
    member.post("/events/new", data={**form, "seats": ""})
    assert [each[1].seats for each in fakes.events.called("create_event")] == [25, None]
    field = re.search(r'<input[^>]*name="seats"[^>]*>', member.get(f"{PATH}/edit").text)
    assert field
    assert 'value="25"' in field[0]
    for seats in ("30", ""):
        member.post(f"{PATH}/edit", data={**form, "seats": seats, "revision": "4", "status": "confirmed"})
    commands = [each[2] for each in fakes.events.called("change_event")]
    assert [(each.seats, each.no_seats) for each in commands] == [(30, False), (None, True)]
    for wrong in ("0", "many", "1000000"):
        refused = member.post("/events/new", data={**form, "seats": wrong})
        assert refused.status_code == 422
        assert 'href="#f-seats"' in refused.text


def test_a_rule_that_the_form_can_not_say_is_kept(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    rule = "FREQ=WEEKLY;COUNT=16"
    fakes.events.answers.update(event=event(may_edit=True, recurrence=rule), change_event=event())
    assert '<option value="keep" selected' in member.get(f"{PATH}/edit").text
    member.post(f"{PATH}/edit", data={**form, "recurrence": "keep", "revision": "4", "status": "cancelled"})
    command = fakes.events.called("change_event")[0][2]
    assert (command.recurrence, command.status, command.no_place) == (rule, "cancelled", True)


def test_a_stale_edit_shows_both_texts(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    theirs = {"title": "Their walk", "body": "Their words."}
    conflict = Conflict("edit-conflict", data={"yours": {}, "theirs": theirs, "revision": 9})
    fakes.events.answers.update(event=event(may_edit=True), change_event=conflict)
    answer = member.post(f"{PATH}/edit", data={**form, "revision": "4"})
    assert answer.status_code == 409
    for text in ("Their words.", "We walk.", 'name="revision" value="9"'):
        assert text in answer.text


def test_an_edit_with_a_wrong_hour_is_given_back(
    fakes: FakeServices, member: FlaskClient, form: dict[str, str]
) -> None:
    fakes.events.answers["event"] = event(may_edit=True)
    changed = {**form, "time": "25:00", "body": "We walk faster.", "revision": "4", "recurrence": "keep"}
    answer = member.post(f"{PATH}/edit", data=changed)
    assert answer.status_code == 422
    assert "We walk faster." in answer.text
    assert not fakes.events.called("change_event")


def test_only_who_may_edit_gets_the_form(member: FlaskClient, stranger: FlaskClient) -> None:
    assert member.get(f"{PATH}/edit").status_code == 403
    assert stranger.get(f"{PATH}/edit").status_code == 401


def test_an_event_is_translated(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.events.answers["set_event_version"] = event()
    form = {"language": "ar", "title": "جولة", "body": "نمشي", "csrf_token": token(member)}
    assert member.post(f"{PATH}/translate", data=form).location == f"{PATH}?lang=ar"
    bad = member.post(f"{PATH}/translate", data={**form, "body": ""})
    assert bad.status_code == 422
    assert "جولة" in bad.text
    for text in ("<h1>Translate this event</h1>", "What’s it about?", "Save translation"):
        assert text in bad.text


def test_suggestions_come_from_the_same_host(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.events.answers["find_places"] = [found()]
    answer = stranger.get("/events/places?q=Kair")
    assert json.loads(answer.text) == [
        {"label": "Cairo, Egypt", "timezone": "Africa/Cairo", "value": "Cairo|EG|30.06|31.25|Africa/Cairo"}
    ]
    assert json.loads(stranger.get("/events/places?q=K").text) == []


# --- Recurrence

TUESDAY = datetime.fromisoformat("2026-12-08T18:00")
LAST_TUESDAY = datetime.fromisoformat("2026-12-29T18:00")


@pytest.mark.parametrize("choice", recurrence.CHOICES)
@pytest.mark.parametrize("until", [None, date(2027, 3, 5)])
def test_each_choice_comes_back_from_its_rule(choice: str, until: date | None) -> None:
    rule = recurrence.rule_of(choice, TUESDAY, until)
    assert recurrence.choice_of(rule, TUESDAY) == (choice, until if choice != "none" else None)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", ""),
        ("FREQ=DAILY", "Every day"),
        ("FREQ=WEEKLY", "Every week on Tuesday"),
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", "Every week on Tuesday and Thursday, 4 times"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "Every two weeks on Tuesday"),
        ("FREQ=MONTHLY;BYDAY=2TU", "On the second Tuesday of every month"),
        (
            "FREQ=MONTHLY;BYDAY=-1TU;UNTIL=20270305T235959",
            "On the last Tuesday of every month, until March 5, 2027",
        ),
        ("FREQ=MONTHLY", "Every month, on day 8"),
        ("FREQ=YEARLY", "Every year on December 8"),
        ("FREQ=WEEKLY;INTERVAL=5", "On several dates"),
        ("FREQ=MONTHLY;BYDAY=5TU", "On several dates"),
    ],
)
def test_a_rule_in_words(rule: str, words: str) -> None:
    assert recurrence.in_words(rule, TUESDAY, "en") == words


def test_a_fifth_weekday_is_the_last() -> None:
    assert recurrence.rule_of("monthly-weekday", LAST_TUESDAY, None) == "FREQ=MONTHLY;BYDAY=-1TU"
