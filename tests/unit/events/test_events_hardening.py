"""Events at their edges: schema, statement counts, paging, rules of recurrence, answers in the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from bus.eventlog.read import events_after
from contracts.errors import Invalid, NotFound, TooMany
from contracts.events import ChangeEvent, EventQuery, Month
from core.audience import STRANGER, Viewer
from core.database import Database
from core.ids import new_id
from services.events import actions, queries, recurrence, rules
from services.events.queries import lists
from services.events.tables import EventRow
from services.shared.limits import without_limits
from tests.unit.events.harness import ANNA, BEN, MODERATOR, NOW, Make, command


@pytest.mark.slow
def test_a_list_costs_four_statements_however_long(database: Database, make: Make) -> None:
    for number in range(12):
        made = make(title=f"Event {number}", recurrence="FREQ=DAILY;COUNT=3")
        with database.writing() as session:
            actions.attend(session, BEN, made.id, None, "going")
    with database.reading() as session, counted(database) as statements:
        assert len(lists.events(session, BEN, EventQuery(limit=30)).items) == 30
    assert len(statements) == 4


def test_pages_follow_each_other_while_events_are_added(database: Database, make: Make) -> None:
    ours = {make(title=f"Event {n}", start=datetime(2026, 12, 1 + n // 2, 18)).id for n in range(10)}  # noqa: DTZ001
    found: list[str] = []
    after = None
    while True:
        with database.reading() as session:
            page = lists.events(session, STRANGER, EventQuery(limit=3, after=after))
        found += [line.id for line in page.items]
        after = page.next
        if after is None:
            break
        make(title="Newcomer", start=datetime(2026, 11, 25, 9))  # noqa: DTZ001
        make(title="Latecomer", start=datetime(2026, 12, 24, 9))  # noqa: DTZ001
    assert len(found) == len(set(found))
    assert ours <= set(found)


@pytest.mark.parametrize("after", ["x", "1", "_", "12_", "é_a", "1" * 30 + "_a"])
def test_a_cursor_that_is_none_is_refused(database: Database, make: Make, after: str) -> None:
    made = make()
    with database.reading() as session:
        with pytest.raises(Invalid, match="after: cursor-shape"):
            lists.events(session, ANNA, EventQuery(after=after))
        with pytest.raises(Invalid, match="after: cursor-shape"):
            queries.attendees(session, ANNA, made.id, None, after, 5)


def test_times_that_are_none_are_refused(database: Database, make: Make) -> None:
    with database.reading() as session:
        for fields in (
            {"from_time": datetime.min.replace(tzinfo=UTC)},
            {"from_time": datetime.max.replace(tzinfo=UTC)},
            {"from_time": NOW, "to_time": NOW - timedelta(1)},
        ):
            with pytest.raises(Invalid):
                lists.events(session, ANNA, EventQuery.model_validate(fields))
        for month in ({"first": "0001-01-01", "timezone": "UTC"}, {"first": "9999-12-01", "timezone": "UTC"}):
            with pytest.raises(Invalid, match="month-far"):
                lists.month(session, ANNA, Month.model_validate(month), EventQuery())
        with pytest.raises(Invalid, match="timezone-unknown"):
            lists.month(session, ANNA, Month(first=NOW.date(), timezone="Nowhere"), EventQuery())


def test_the_map_reaches_over_the_date_line(database: Database, make: Make) -> None:
    fiji = make(place={"name": "Suva", "latitude": -18.1, "longitude": 178.4})
    samoa = make(place={"name": "Apia", "latitude": -13.8, "longitude": -171.8})
    make(place={"name": "Cairo", "latitude": 30.0, "longitude": 31.2})
    with database.reading() as session:
        found = lists.events(session, STRANGER, EventQuery(box=(170, -30, -160, 0))).items
    assert {line.id for line in found} == {fiji.id, samoa.id}


def test_what_goes_on_now_is_still_in_the_list_and_may_be_joined(database: Database, make: Make) -> None:
    made = make(start=datetime(2026, 11, 20, 12), minutes=120)  # noqa: DTZ001 - 11:00 to 13:00 UTC, and it is noon
    with database.writing() as session:
        assert [line.id for line in lists.events(session, STRANGER, EventQuery()).items] == [made.id]
        assert actions.attend(session, BEN, made.id, None, "going").going == 1


def test_an_unknown_event_and_an_unknown_date_are_not_found(database: Database, make: Make) -> None:
    made = make()
    with database.writing() as session:
        for event_id, occurrence in (
            (new_id(), None),
            (made.id, "20261202T1800"),
            (made.id, "tomorrow"),
            ("", None),
        ):
            with pytest.raises(NotFound):
                queries.event(session, ANNA, event_id, occurrence, None)
            with pytest.raises(NotFound):
                actions.attend(session, ANNA, event_id, occurrence, "going")


def test_a_groups_own_moderators_mend_its_events(database: Database, make: Make) -> None:
    group = new_id()
    audience = f"group:{group}"
    author = ANNA.model_copy(update={"groups": frozenset({group})})
    keeper = Viewer(person_id=new_id(), groups=frozenset({group}), moderates=frozenset({group}))
    made = make(author, audience=audience)
    with database.writing() as session:
        assert (
            actions.change_event(session, keeper, made.id, ChangeEvent(revision=1, title="Mended")).title
            == "Mended"
        )


@pytest.mark.slow
def test_too_many_events_at_once_are_refused_but_not_a_moderators_nor_an_imports(database: Database) -> None:
    with database.writing() as session:
        for _ in range(rules.MOST_EVENTS):
            actions.create_event(session, BEN, _soon())
        with pytest.raises(TooMany) as refused:
            actions.create_event(session, BEN, _soon())
    assert refused.value.code == "too-many-events"
    assert 3500 < int(refused.value.params["seconds"]) <= 3601
    with database.writing() as session:
        for _ in range(rules.MOST_EVENTS + 1):
            actions.create_event(session, MODERATOR, _soon())


def test_many_imported_events_are_none_too_many(make: Make) -> None:
    with without_limits():
        for _ in range(rules.MOST_EVENTS + 1):
            make()


def test_an_answer_that_moved_is_told_of_in_the_log(database: Database, make: Make) -> None:
    made = make()
    with database.writing() as session:
        actions.attend(session, BEN, made.id, None, "going")
        actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, start=datetime(2026, 12, 9, 10)))  # noqa: DTZ001
        log = events_after(session, "events", 0, 10)
    answers: dict[tuple[str, str], str | None] = {}
    for each in log:
        if each.type == "events.attendance.changed":
            answers[each.data["person_id"], each.data["occurrence"]] = each.data["attending"]
    assert answers == {(BEN.person_id, "20261201T1800"): None, (BEN.person_id, "20261209T1000"): "going"}


def test_a_series_that_ended_long_ago_still_has_its_page(database: Database, make: Make) -> None:
    made = make(start=datetime(2019, 3, 1, 18), recurrence="FREQ=WEEKLY;COUNT=3")  # noqa: DTZ001
    with database.reading() as session:
        assert queries.event(session, STRANGER, made.id, None, None).dates == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3", ["1201", "1208", "1215"]),
        ("freq=daily;until=20261203", ["1201", "1202", "1203"]),
        ("FREQ=DAILY;UNTIL=20261203T165959Z", ["1201", "1202"]),
        ("FREQ=MONTHLY;BYDAY=1TU;COUNT=2", ["1201", "0105"]),
        ("FREQ=WEEKLY;BYDAY=TU,TH;INTERVAL=2;COUNT=4", ["1201", "1203", "1215", "1217"]),
    ],
)
def test_rules_give_the_dates_that_calendars_give(rule: str, expected: list[str]) -> None:
    start = datetime(2026, 12, 1, 18)  # noqa: DTZ001 - a Tuesday
    normal = recurrence.normal_rule(rule, start, "Europe/Berlin")
    found, more = recurrence.dates(normal, start, 60, "Europe/Berlin", after=NOW, until=NOW + timedelta(550))
    assert [date.occurrence[4:8] for date in found] == expected
    assert not more


def test_the_first_date_of_a_rule_is_named_where_the_start_is_another() -> None:
    monday = datetime(2027, 1, 4, 18)  # noqa: DTZ001
    with pytest.raises(Invalid) as refused:
        recurrence.normal_rule("FREQ=WEEKLY;BYDAY=TU;COUNT=3", monday, "Europe/Berlin")
    (fault,) = refused.value.faults
    assert (fault.field, fault.code, fault.params) == ("start", "start-not-in-rule", {"first": "2027-01-05"})


def test_a_series_of_an_earlier_release_can_be_changed_in_other_ways(make: Make, database: Database) -> None:
    made = make(recurrence="FREQ=DAILY;COUNT=3")
    with database.writing() as session:
        session.execute(update(EventRow).values(recurrence="FREQ=WEEKLY;BYDAY=WE;COUNT=3"))
        changed = actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, title="Another title"))
        assert changed.title == "Another title"
        with pytest.raises(Invalid):
            actions.change_event(session, ANNA, made.id, ChangeEvent(revision=2, timezone="UTC"))


zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Tokyo", "UTC"]
)
frequencies = st.sampled_from(
    ["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=WEEKLY;INTERVAL=3", "FREQ=YEARLY"]
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    zone=zones,
    rule=frequencies,
    ahead=st.integers(1, 550),
)
def test_every_date_keeps_the_wall_clock_and_no_bound_loses_one(
    start: datetime, zone: str, rule: str, ahead: int
) -> None:
    start = start.replace(second=0, microsecond=0)
    assume(not recurrence.skipped(start, ZoneInfo(zone)))
    first = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(minutes=1)
    middle, end = first + timedelta(ahead), first + timedelta(600)
    whole, more = recurrence.dates(rule, start, 60, zone, after=first, until=end)
    early, _ = recurrence.dates(rule, start, 60, zone, after=first, until=middle)
    late, _ = recurrence.dates(rule, start, 60, zone, after=middle, until=end)
    assert more
    assert early + late == whole
    assert len({date.occurrence for date in whole}) == len(whole)
    for date in whole:
        local = date.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        named = datetime.strptime(date.occurrence, "%Y%m%dT%H%M")  # noqa: DTZ007
        assert local == named or recurrence.skipped(named, ZoneInfo(zone))
        assert (named.hour, named.minute) == (start.hour, start.minute)


def _soon() -> Any:
    return command(start=(datetime.now(UTC) + timedelta(days=3)).replace(tzinfo=None))


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)
