"""Seats of events, and who waits for one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.errors import Invalid, NotFound, SignInNeeded
from contracts.events import ChangeEvent, EventQuery, EventView
from contracts.people import PersonState, PersonVanished
from core import clock
from core.audience import Viewer
from core.database import Database
from core.ids import new_id
from services.events import actions, queries
from services.events.actions import dates, vanishing
from services.events.queries import lists
from tests.unit.events.harness import ANNA, BEN, MODERATOR, NOW, Make
from tests.unit.harness import meet

pytestmark = pytest.mark.slow

CLEO = Viewer(person_id=new_id(), name="Cleo", roles=frozenset({"member"}))
DORA = Viewer(person_id=new_id(), name="Dora", roles=frozenset({"member"}))
STRANGER = Viewer()
SERIES = "FREQ=DAILY;COUNT=3"
RECORDED = Recorded(
    producer="people", seq=1, id="event00000000000", type="people.person.vanished", version=1, subject="person/x",
    audience="public", occurred_at=NOW, data={},
)  # fmt: skip
LATER = datetime(2026, 12, 9, 10)  # noqa: DTZ001 - local time


def attend(
    database: Database,
    viewer: Viewer,
    event_id: str,
    attending: str | None = "going",
    date: str | None = None,
) -> EventView:
    with database.writing() as session:
        return actions.attend(session, viewer, event_id, date, attending)  # type: ignore[arg-type]


def change(database: Database, event_id: str, **fields: object) -> EventView:
    with database.writing() as session:
        revision = queries.event(session, ANNA, event_id, None, None).revision
        command = ChangeEvent.model_validate({"revision": revision, **fields})
        return actions.change_event(session, ANNA, event_id, command)


def seen(database: Database, viewer: Viewer, event_id: str) -> tuple[str | None, int | None]:
    """What the event's page says to somebody of themselves."""
    with database.reading() as session:
        event = queries.event(session, viewer, event_id, None, None)
        return event.my_attendance, event.my_place


def told(database: Database) -> list[tuple[str, str | None, str]]:
    """The changes of attendance in the log: who, whether they attend, and how else."""
    names = {each.person_id: each.name for each in (ANNA, BEN, CLEO, DORA)}
    with database.reading() as session:
        return [
            (
                names[each.data["person_id"]] or "",
                each.data["attending"],
                "waits" if each.data["waiting"] else "moved up" if each.data["moved_up"] else "",
            )
            for each in events_after(session, "events", 0, 1000)
            if each.type == "events.attendance.changed"
        ]


def next_dates(database: Database) -> list[tuple[str, bool]]:
    """What the log says of next dates: the type of event, and whether one can go to it."""
    with database.reading() as session:
        return [
            (each.type.removeprefix("events."), each.data["event"]["has_seats"])
            for each in events_after(session, "events", 0, 1000)
            if each.type != "events.attendance.changed"
        ]


def test_who_finds_no_seat_waits_in_order_and_moves_up(database: Database, make: Make) -> None:
    made = make(seats=1)
    assert (made.seats, made.seats_free, made.waiting) == (1, 1, 0)
    assert attend(database, BEN, made.id).my_attendance == "going"
    full = attend(database, CLEO, made.id)
    assert (full.going, full.seats_free, full.waiting) == (1, 0, 1)
    assert (full.my_attendance, full.my_place) == (None, 1)
    assert attend(database, DORA, made.id).my_place == 2
    assert attend(database, DORA, made.id).my_place == 2, "who says it again keeps their place"
    assert attend(database, ANNA, made.id, "maybe").my_attendance == "maybe", "maybe needs no seat"
    attend(database, BEN, made.id, None)
    assert seen(database, CLEO, made.id) == ("going", None)
    assert seen(database, DORA, made.id) == (None, 1)
    attend(database, CLEO, made.id, "maybe")
    assert seen(database, DORA, made.id) == ("going", None)
    assert told(database) == [
        ("Ben", "going", ""),
        ("Cleo", None, "waits"),
        ("Dora", None, "waits"),
        ("Anna", "maybe", ""),
        ("Ben", None, ""),
        ("Cleo", "going", "moved up"),
        ("Cleo", "maybe", ""),
        ("Dora", "going", "moved up"),
    ]


def test_who_leaves_the_waiting_list_frees_no_seat(database: Database, make: Make) -> None:
    made = make(seats=1)
    for one in (BEN, CLEO, DORA):
        attend(database, one, made.id)
    assert attend(database, CLEO, made.id, None).my_place is None
    assert seen(database, DORA, made.id) == (None, 1)
    assert attend(database, CLEO, made.id).my_place == 2, "who comes back is the last"


def test_who_was_undecided_waits_behind_those_who_were_first(database: Database, make: Make) -> None:
    made = make(seats=1)
    attend(database, DORA, made.id, "maybe")
    attend(database, BEN, made.id)
    attend(database, CLEO, made.id)
    assert attend(database, DORA, made.id).my_place == 2
    with database.reading() as session:
        people = queries.waiting_list(session, ANNA, made.id, None, None, 10).items
        assert [each.person_id for each in people] == [CLEO.person_id, DORA.person_id]


def test_more_seats_move_people_up_and_fewer_move_nobody_out(database: Database, make: Make) -> None:
    made = make(seats=2)
    for one in (ANNA, BEN, CLEO, DORA):
        attend(database, one, made.id)
    fewer = change(database, made.id, seats=1)
    assert (fewer.seats, fewer.going, fewer.seats_free, fewer.waiting) == (1, 2, 0, 2)
    attend(database, ANNA, made.id, None)
    assert seen(database, CLEO, made.id) == (None, 1), "as many go as there are seats"
    more = change(database, made.id, seats=2)
    assert (more.going, more.waiting) == (2, 1)
    assert seen(database, CLEO, made.id) == ("going", None)
    free = change(database, made.id, no_seats=True)
    assert (free.seats, free.seats_free, free.going, free.waiting) == (None, None, 3, 0)
    assert attend(database, ANNA, made.id).my_attendance == "going"
    assert change(database, made.id, title="Other").seats is None


def test_each_date_of_a_series_has_its_own_seats_and_list(database: Database, make: Make) -> None:
    made = make(seats=1, recurrence=SERIES)
    attend(database, BEN, made.id)
    assert attend(database, BEN, made.id, "going", "20261202T1800").my_attendance == "going"
    assert attend(database, CLEO, made.id, "going", "20261202T1800").my_place == 1
    assert attend(database, CLEO, made.id, "going", "20261203T1800").my_attendance == "going"
    with database.reading() as session:
        lines = lists.events(session, CLEO, EventQuery()).items
        assert [(each.seats_free, each.waiting, each.my_place) for each in lines] == [
            (0, 0, None), (0, 1, 1), (0, 0, None),
        ]  # fmt: skip
        attended = lists.events(session, BEN, EventQuery(attending_id=CLEO.person_id)).items
        assert [each.occurrence for each in attended] == ["20261203T1800"], "who waits doesn't attend"


def test_a_list_moves_with_its_event(database: Database, make: Make) -> None:
    made = make(seats=1)
    for one in (BEN, CLEO, DORA):
        attend(database, one, made.id)
    moved = change(database, made.id, start=LATER)
    assert (moved.occurrence, moved.going, moved.waiting) == ("20261209T1000", 1, 2)
    assert seen(database, DORA, made.id) == (None, 2)
    assert told(database)[-2:] == [("Dora", None, ""), ("Dora", None, "waits")]


def test_nobody_moves_up_while_the_event_is_cancelled_deleted_or_over(database: Database, make: Make) -> None:
    made = make(seats=1)
    attend(database, BEN, made.id)
    attend(database, CLEO, made.id)
    change(database, made.id, status="cancelled")
    attend(database, BEN, made.id, None)
    assert seen(database, CLEO, made.id) == (None, 1)
    change(database, made.id, status="confirmed")
    assert seen(database, CLEO, made.id) == ("going", None)
    attend(database, DORA, made.id)
    with clock.at(NOW.replace(year=2027)):
        attend(database, CLEO, made.id, None)
        change(database, made.id, seats=5)
        assert seen(database, DORA, made.id) == (None, 1)


def vanish(session: Session, person: Viewer) -> None:
    gone = PersonState(id=person.person_id or "", name="vanished-1", display_name="", joined_at=NOW)
    vanishing.forget(session, PersonVanished(person=gone), RECORDED)


def test_the_seat_of_who_vanishes_goes_to_who_waits(database: Database, make: Make) -> None:
    made, deleted = make(seats=1), make(seats=1)
    for event_id in (made.id, deleted.id):
        attend(database, BEN, event_id)
        attend(database, CLEO, event_id)
    with database.writing() as session:
        actions.delete_event(session, ANNA, deleted.id, Delete())
        vanish(session, BEN)
    assert seen(database, CLEO, made.id) == ("going", None)
    with database.writing() as session:
        actions.restore_event(session, ANNA, deleted.id)
    assert seen(database, CLEO, deleted.id) == ("going", None)


def test_only_members_of_the_audience_see_who_waits(database: Database, make: Make) -> None:
    group = f"group:{new_id()}"
    insider = Viewer(person_id=BEN.person_id, name="Ben", roles=BEN.roles, groups=frozenset({group[6:]}))
    host = Viewer(person_id=ANNA.person_id, name="Anna", roles=ANNA.roles, groups=frozenset({group[6:]}))
    made, secret = make(seats=1), make(host, seats=1, audience=group)
    attend(database, CLEO, made.id)
    attend(database, BEN, made.id)
    attend(database, host, secret.id)
    attend(database, insider, secret.id)
    with database.reading() as session:
        first = queries.waiting_list(session, MODERATOR, made.id, None, None, 1)
        assert ([each.person_id for each in first.items], first.next) == ([BEN.person_id], None)
        assert [
            each.person_id for each in queries.attendees(session, MODERATOR, made.id, None, None, 9).items
        ] == [CLEO.person_id]
        assert queries.waiting_place(session, BEN, made.id, "20261201T1800") == 1
        assert queries.waiting_place(session, CLEO, made.id, "20261201T1800") is None
        assert queries.attendance(session, BEN, made.id, "20261201T1800") is None
        with pytest.raises(SignInNeeded):
            queries.waiting_list(session, STRANGER, made.id, None, None, 9)
        with pytest.raises(SignInNeeded):
            queries.waiting_place(session, STRANGER, made.id, "20261201T1800")
        assert queries.waiting_place(session, insider, secret.id, "20261201T1800") == 1
        # Whoever has left the group is told nothing of it any more, not even of themselves.
        assert queries.waiting_place(session, BEN, secret.id, "20261201T1800") is None
        with pytest.raises(NotFound):
            queries.waiting_list(session, DORA, secret.id, None, None, 9)


def test_pages_of_a_waiting_list(database: Database, make: Make) -> None:
    made = make(seats=1)
    for one in (ANNA, BEN, CLEO, DORA):
        attend(database, one, made.id)
    with database.reading() as session:
        first = queries.waiting_list(session, ANNA, made.id, None, None, 2)
        rest = queries.waiting_list(session, ANNA, made.id, None, first.next, 2)
        found = [each.person_id for each in (*first.items, *rest.items)]
        assert (found, rest.next) == ([BEN.person_id, CLEO.person_id, DORA.person_id], None)
        with pytest.raises(Invalid, match="cursor-shape"):
            queries.waiting_list(session, ANNA, made.id, None, "1e3", 2)


def test_the_log_says_when_the_next_date_is_full_or_over(database: Database, make: Make) -> None:
    made = make(seats=1, recurrence="FREQ=DAILY;COUNT=2")
    attend(database, BEN, made.id, "going", "20261202T1800")
    attend(database, BEN, made.id)
    attend(database, CLEO, made.id)
    attend(database, BEN, made.id, None)  # Cleo has the seat now
    attend(database, CLEO, made.id, None)
    assert next_dates(database) == [
        ("event.created", True), ("date.changed", False), ("date.changed", True),
    ]  # fmt: skip
    with clock.at(datetime(2026, 12, 1, 20, tzinfo=NOW.tzinfo)), database.writing() as session:
        assert (dates.advance(session), dates.advance(session)) == (1, 0)
        last = events_after(session, "events", 0, 1000)[-1]
        assert last.data["event"]["starts_at"].startswith("2026-12-02T17:00")
    with clock.at(datetime(2026, 12, 3, tzinfo=NOW.tzinfo)), database.writing() as session:
        assert (dates.advance(session), dates.advance(session)) == (1, 0)
    assert next_dates(database)[3:] == [("date.changed", False), ("date.changed", False)]


def test_a_series_whose_next_date_was_not_known_yet_comes_back(database: Database, make: Make) -> None:
    make(seats=1, recurrence="FREQ=YEARLY;INTERVAL=2")
    with clock.at(datetime(2026, 12, 3, tzinfo=NOW.tzinfo)), database.writing() as session:
        assert dates.advance(session) == 1
    assert next_dates(database)[-1] == ("date.changed", False)
    with clock.at(datetime(2028, 6, 1, tzinfo=NOW.tzinfo)), database.writing() as session:
        assert dates.top_up(session) == 1
        assert dates.advance(session) == 1
    assert next_dates(database)[-1] == ("date.changed", True)


def test_an_event_without_a_limit_has_seats_until_it_is_over_or_cancelled(
    database: Database, make: Make
) -> None:
    made = make()
    attend(database, BEN, made.id)
    change(database, made.id, status="cancelled")
    change(database, made.id, status="tentative")
    with clock.at(NOW.replace(year=2027)), database.writing() as session:
        assert dates.advance(session) == 1
    assert next_dates(database) == [
        ("event.created", True), ("event.changed", False), ("event.changed", True), ("date.changed", False),
    ]  # fmt: skip


def test_of_two_who_want_the_last_seat_one_waits(database: Database, make: Make) -> None:
    made = make(seats=1)
    error = meet(
        database,
        lambda session: actions.attend(session, BEN, made.id, None, "going"),
        lambda session: actions.attend(session, CLEO, made.id, None, "going"),
    )
    assert error is None
    assert seen(database, BEN, made.id) == ("going", None)
    assert seen(database, CLEO, made.id) == (None, 1)


def test_who_comes_while_a_seat_is_freed_does_not_pass_who_waits(database: Database, make: Make) -> None:
    made = make(seats=1)
    attend(database, BEN, made.id)
    attend(database, CLEO, made.id)
    error = meet(
        database,
        lambda session: actions.attend(session, BEN, made.id, None, None),
        lambda session: actions.attend(session, DORA, made.id, None, "going"),
    )
    assert error is None
    assert (seen(database, CLEO, made.id), seen(database, DORA, made.id)) == (("going", None), (None, 1))


def test_who_vanishes_while_somebody_comes_leaves_them_the_seat(database: Database, make: Make) -> None:
    made = make(seats=1)
    attend(database, BEN, made.id)
    error = meet(
        database,
        lambda session: vanish(session, BEN),
        lambda session: actions.attend(session, CLEO, made.id, None, "going"),
    )
    assert error is None
    assert seen(database, CLEO, made.id) == ("going", None)


def test_of_many_who_come_at_once_no_more_get_a_seat_than_there_are(database: Database, make: Make) -> None:
    made = make(seats=3)
    people = [Viewer(person_id=new_id(), name=f"P{n}", roles=BEN.roles) for n in range(12)]
    barrier = threading.Barrier(4)

    def come_and_go(some: list[Viewer]) -> None:
        barrier.wait(30)
        for person in some:
            attend(database, person, made.id)
        attend(database, some[0], made.id, None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, [people[at::4] for at in range(4)]))
    with database.reading() as session:
        event = queries.event(session, ANNA, made.id, None, None)
        assert (event.going, event.waiting, event.seats_free) == (3, 5, 0)
