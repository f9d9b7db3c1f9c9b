"""One event's way: made, seen, changed, translated, attended."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from bus.eventlog.read import events_after
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from contracts.events import ChangeEvent, EventQuery, EventState, Month, SetEventVersion
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from core.ids import new_id
from services.events import actions, queries
from services.events.actions import dates
from services.events.queries import lists
from tests.unit.events.harness import ANNA, BEN, MODERATOR, NOW, Make, command
from tests.unit.harness import work_until_not_found


def test_a_new_event_stands_in_the_list_and_the_month(database: Database, make: Make) -> None:
    made = make(
        tags=["editathon"],
        spoken=["de"],
        place={"name": "Köln", "country": "de", "latitude": 50.9, "longitude": 6.9},
    )
    assert (made.starts_at, made.ends_at) == (
        datetime(2026, 12, 1, 17, tzinfo=UTC),
        datetime(2026, 12, 1, 19, tzinfo=UTC),
    )
    assert (made.format, made.slug, made.occurrence) == ("hybrid", "edit-evening", "20261201T1800")
    with database.reading() as session:
        for query in (
            EventQuery(),
            EventQuery(tag="editathon"),
            EventQuery(spoken="de"),
            EventQuery(country="DE"),
            EventQuery(format="hybrid"),
            EventQuery(author_id=ANNA.person_id),
            EventQuery(box=(5, 50, 7, 51)),
            EventQuery(once=True),
        ):
            assert [line.id for line in lists.events(session, STRANGER, query).items] == [made.id], query
        for query in (
            EventQuery(tag="other"),
            EventQuery(spoken="en"),
            EventQuery(country="FR"),
            EventQuery(format="online"),
            EventQuery(box=(7, 50, 8, 51)),
            EventQuery(box=(170, -90, -170, 90)),
            EventQuery(from_time=datetime(2026, 12, 2, tzinfo=UTC)),
            EventQuery(to_time=datetime(2026, 11, 30, tzinfo=UTC)),
        ):
            assert lists.events(session, STRANGER, query).items == [], query
        month = Month.model_validate({"first": "2026-12-01", "timezone": "Asia/Tokyo"})
        assert [line.id for line in lists.month(session, STRANGER, month, EventQuery())] == [made.id]


def test_a_weekly_event_keeps_its_wall_clock_over_the_change_of_clocks(
    database: Database, make: Make
) -> None:
    make(start=datetime(2027, 3, 24, 18), recurrence="FREQ=WEEKLY;BYDAY=WE")  # noqa: DTZ001
    query = EventQuery(from_time=datetime(2027, 3, 1, tzinfo=UTC), limit=2)
    with database.reading() as session:
        found = lists.events(session, STRANGER, query).items
        assert [line.starts_at.hour for line in found] == [17, 16]
        assert [line.occurrence for line in found] == ["20270324T1800", "20270331T1800"]
        once = lists.events(session, STRANGER, query.model_copy(update={"once": True})).items
        assert [line.occurrence for line in once] == ["20270324T1800"]


def test_an_endless_rule_is_written_on_as_time_goes_by(database: Database, make: Make) -> None:
    made = make(recurrence="FREQ=MONTHLY;BYDAY=1TU")
    later = NOW.replace(year=2029)
    with clock.at(later):
        with database.reading() as session:
            assert lists.events(session, STRANGER, EventQuery()).items == []
        with database.writing() as session:
            assert dates.top_up(session) == 1
            assert dates.top_up(session) == 0
        with database.reading() as session:
            found = lists.events(session, STRANGER, EventQuery(limit=100)).items
            assert len(found) == 12
            assert queries.event(session, STRANGER, made.id, None, None).starts_at > later


def test_changing_needs_the_newest_revision_and_answers_both_texts(database: Database, make: Make) -> None:
    made = make()
    with database.writing() as session:
        changed = actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, title="Edit night"))
    assert (changed.title, changed.revision, changed.sequence, changed.slug) == (
        "Edit night",
        2,
        1,
        "edit-night",
    )
    with pytest.raises(Conflict) as refused, database.writing() as session:
        actions.change_event(session, MODERATOR, made.id, ChangeEvent(revision=1, title="Mine"))
    assert refused.value.code == "edit-conflict"
    assert refused.value.data == {
        "yours": {"title": "Mine"},
        "theirs": {"title": "Edit night", "body": "Bring a laptop."},
        "revision": 2,
    }


def test_a_translation_is_chosen_by_reading_order_and_becomes_outdated(
    database: Database, make: Make
) -> None:
    made = make()
    with database.writing() as session:
        version = SetEventVersion(language="ES", title="Tarde de edición", body="Trae un portátil.")
        seen = actions.set_event_version(session, BEN, made.id, version)
    assert (seen.language, seen.title, seen.languages) == ("es", "Tarde de edición", ["en", "es"])
    assert (seen.versions[1].translator_id, seen.versions[1].outdated) == (BEN.person_id, False)
    spanish, french = Viewer(languages=("es",)), Viewer(languages=("fr",))
    with database.reading() as session:
        assert lists.events(session, spanish, EventQuery()).items[0].title == "Tarde de edición"
        assert lists.events(session, french, EventQuery()).items[0].title == "Edit evening"
        assert queries.event(session, french, made.id, None, "es").language == "es"
    with database.writing() as session:
        changed = actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, body="Bring two."))
        assert [text.outdated for text in changed.versions] == [False, True]
        again = actions.set_event_version(session, BEN, made.id, version)
        assert [text.outdated for text in again.versions] == [False, False]


def test_people_come_to_one_date_and_only_members_see_who(database: Database, make: Make) -> None:
    made = make(recurrence="FREQ=DAILY;COUNT=3")
    with database.writing() as session:
        seen = actions.attend(session, ANNA, made.id, "20261202T1800", "going")
        assert (seen.going, seen.maybe, seen.my_attendance, seen.occurrence) == (
            1,
            0,
            "going",
            "20261202T1800",
        )
        seen = actions.attend(session, BEN, made.id, "20261202T1800", "maybe")
        assert (seen.going, seen.maybe) == (1, 1)
        actions.attend(session, BEN, made.id, "20261202T1800", "maybe")
    with database.reading() as session:
        assert [line.going for line in lists.events(session, ANNA, EventQuery()).items] == [0, 1, 0]
        mine = lists.events(session, ANNA, EventQuery(attending_id=ANNA.person_id)).items
        assert [line.my_attendance for line in mine] == ["going"]
        page = queries.attendees(session, ANNA, made.id, "20261202T1800", None, 1)
        rest = queries.attendees(session, ANNA, made.id, "20261202T1800", page.next, 1)
        assert {page.items[0].person_id, rest.items[0].person_id} == {ANNA.person_id, BEN.person_id}
        assert (page.total, rest.next) == (2, None)
        with pytest.raises(SignInNeeded):
            queries.attendees(session, STRANGER, made.id, None, None, 10)
        with pytest.raises(SignInNeeded):
            lists.events(session, STRANGER, EventQuery(attending_id=ANNA.person_id))
        log = events_after(session, "events", 0, 100)
        assert [event.type for event in log] == ["events.event.created", *["events.attendance.changed"] * 2]
        assert [event.audience for event in log] == ["public", "members", "members"]
    with database.writing() as session:
        assert actions.attend(session, ANNA, made.id, "20261202T1800", None).my_attendance is None


def test_nobody_comes_to_what_is_past_or_cancelled_but_may_take_it_back(
    database: Database, make: Make
) -> None:
    made = make()
    with database.writing() as session:
        actions.attend(session, ANNA, made.id, None, "going")
        actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, status="cancelled"))
    with pytest.raises(Forbidden, match="event-cancelled"), database.writing() as session:
        actions.attend(session, BEN, made.id, None, "going")
    with database.writing() as session:
        actions.change_event(session, ANNA, made.id, ChangeEvent(revision=2, status="confirmed"))
    with clock.at(NOW.replace(year=2027)), database.writing() as session:
        with pytest.raises(Forbidden, match="event-past"):
            actions.attend(session, BEN, made.id, None, "maybe")
        assert actions.attend(session, ANNA, made.id, None, None).going == 0


def test_answers_follow_an_event_that_moves(database: Database, make: Make) -> None:
    single, series = make(), make(recurrence="FREQ=DAILY;COUNT=3")
    with database.writing() as session:
        actions.attend(session, BEN, single.id, None, "going")
        actions.attend(session, BEN, series.id, "20261201T1800", "going")
        actions.attend(session, BEN, series.id, "20261203T1800", "maybe")
    with database.writing() as session:
        moved = actions.change_event(
            session,
            ANNA,
            single.id,
            ChangeEvent(revision=1, start=datetime(2026, 12, 9, 10)),  # noqa: DTZ001
        )
        assert (moved.occurrence, moved.going) == ("20261209T1000", 1)
        change = ChangeEvent(revision=1, start=datetime(2026, 12, 2, 19), recurrence="FREQ=DAILY;COUNT=2")  # noqa: DTZ001
        actions.change_event(session, ANNA, series.id, change)
    with database.reading() as session:
        found = lists.events(session, BEN, EventQuery(attending_id=BEN.person_id)).items
        assert [(line.occurrence, line.my_attendance) for line in found] == [
            ("20261203T1900", "maybe"),
            ("20261209T1000", "going"),
        ]


SPANISH = SetEventVersion(language="es", title="Tarde", body="Ven.")
GROUP = new_id()
INSIDER = ANNA.model_copy(update={"groups": frozenset({GROUP})})


CHANGES: list[tuple[Any, ...]] = [
    (actions.change_event, ChangeEvent(revision=1)),
    (actions.set_event_version, SPANISH),
    (actions.delete_event, Delete(reason="spam")),
    (actions.restore_event,),
    (actions.attend, None, "going"),
]


def test_a_groups_event_never_was_for_others(database: Database, make: Make) -> None:
    audience = f"group:{GROUP}"
    made = make(INSIDER, audience=audience)
    with database.writing() as session:
        for outsider in (STRANGER, BEN, MODERATOR, ANNA):
            told = []
            for event_id in (made.id, new_id()):
                with pytest.raises(NotFound) as refused:
                    queries.event(session, outsider, event_id, None, None)
                told.append(refused.value.to_wire())
            assert told[0] == told[1]
            assert lists.events(session, outsider, EventQuery(audience=audience)).items == []
        writes: list[Callable[[], object]] = [
            partial(actions.create_event, session, BEN, command(audience=audience)),
            partial(actions.change_event, session, MODERATOR, made.id, ChangeEvent(revision=1)),
            partial(actions.set_event_version, session, BEN, made.id, SPANISH),
            partial(actions.attend, session, BEN, made.id, None, "going"),
            partial(queries.attendees, session, STRANGER, made.id, None, None, 10),
        ]
        for write in writes:
            with pytest.raises(NotFound):
                write()
        for outsider in (STRANGER, BEN, MODERATOR):
            hidden, absent = (
                [
                    work_until_not_found(session, partial(call, session, outsider, event_id, *more))
                    for call, *more in (
                        (queries.event, None, None),
                        (queries.attendees, None, None, 10),
                        *([] if outsider is STRANGER else CHANGES),
                    )
                ]
                for event_id in (made.id, new_id())
            )
            assert all(hidden)
            assert hidden == absent, "the time of an answer would tell of it"
        assert [line.id for line in lists.events(session, INSIDER, EventQuery(audience=audience)).items] == [
            made.id
        ]
        assert {event.audience for event in events_after(session, "events", 0, 10)} == {audience}


def test_each_write_needs_an_account_and_the_right(database: Database, make: Make) -> None:
    made = make()
    reading = ANNA.model_copy(update={"scopes": frozenset({"read"})})
    with database.writing() as session:
        for viewer in (STRANGER, reading):
            writes: list[Callable[[], object]] = [
                partial(actions.create_event, session, viewer, command()),
                partial(actions.change_event, session, viewer, made.id, ChangeEvent(revision=1)),
                partial(actions.set_event_version, session, viewer, made.id, SPANISH),
                partial(actions.attend, session, viewer, made.id, None, "going"),
            ]
            for write in writes:
                with pytest.raises(SignInNeeded if viewer is STRANGER else Forbidden):
                    write()
        with pytest.raises(Forbidden, match="event-not-yours"):
            actions.change_event(session, BEN, made.id, ChangeEvent(revision=1, title="Mine"))
        assert queries.event(session, BEN, made.id, None, None).may_edit is False
        assert queries.event(session, MODERATOR, made.id, None, None).may_edit is True


def test_an_event_says_whether_its_reader_may_attend_and_translate(database: Database, make: Make) -> None:
    made = make()

    def rights(viewer: Viewer) -> tuple[bool, bool, bool]:
        seen = queries.event(session, viewer, made.id, None, None)
        return seen.attendance_open, seen.may_attend, seen.may_translate

    with database.writing() as session:
        assert rights(STRANGER) == (True, False, False)
        assert rights(BEN) == (True, True, True)
        actions.change_event(session, ANNA, made.id, ChangeEvent(revision=made.revision, status="cancelled"))
        assert rights(BEN) == (False, False, True)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"timezone": "Mars/Olympus"}, ("timezone", "timezone-unknown")),
        ({"timezone": "../../etc/passwd"}, ("timezone", "timezone-unknown")),
        ({"language": "xx"}, ("language", "language-unknown")),
        ({"spoken": ["english"]}, ("spoken", "language-unknown")),
        ({"tags": ["?!"]}, ("tags", "tag-shape")),
        ({"online_url": None}, ("place", "where-missing")),
        ({"online_url": "javascript:alert(1)"}, ("online_url", "url-shape")),
        ({"online_url": "https://"}, ("online_url", "url-shape")),
        ({"start": datetime(2027, 3, 28, 2, 30)}, ("start", "time-odd")),  # noqa: DTZ001
        ({"start": datetime(2087, 3, 28, 2, 30)}, ("start", "start-far")),  # noqa: DTZ001
        ({"recurrence": "every day"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=HOURLY"}, ("recurrence", "recurrence-endless-small")),
        ({"recurrence": "FREQ=DAILY;BYHOUR=1,2"}, ("recurrence", "recurrence-endless-small")),
        ({"recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, ("recurrence", "recurrence-never")),
        ({"recurrence": "FREQ=MONTHLY;BYMONTH=6;BYMONTHDAY=31"}, ("recurrence", "recurrence-never")),
        ({"recurrence": "FREQ=DAILY;BYMONTH=13"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=DAILY;BYMONTH=0"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=MONTHLY;BYMONTHDAY=32"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=367"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=YEARLY;BYWEEKNO=54"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=YEARLY;BYYEARDAY=-367"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=WEEKLY;BYDAY=1TU"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=WEEKLY;BYDAY=XX"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=WEEKLY;WKST=1"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=WEEKLY;BYDAY=WE;COUNT=3"}, ("start", "start-not-in-rule")),
        ({"recurrence": "FREQ=MONTHLY;BYDAY=-1TU"}, ("start", "start-not-in-rule")),
        ({"recurrence": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=WEEKLY\nDTSTART=1"}, ("recurrence", "recurrence-shape")),
        ({"recurrence": "FREQ=WEEKLY;UNTIL=20270199"}, ("recurrence", "recurrence-shape")),
        (
            {"place": {"name": "x", "country": "1!", "latitude": 0, "longitude": 0}},
            ("place", "country-shape"),
        ),
    ],
)
def test_what_is_not_right_is_named(make: Make, fields: dict[str, object], fault: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        make(**fields)
    assert fault in [(each.field, each.code) for each in refused.value.faults]


def test_the_last_event_of_the_log_is_the_state(database: Database, make: Make) -> None:
    made = make(recurrence="FREQ=DAILY;UNTIL=20261210")
    with database.writing() as session:
        actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, title="Other", tags=["a"]))
    with database.reading() as session:
        last = events_after(session, "events", 0, 100)[-1]
        row = queries.visible_event(session, STRANGER, made.id)
        assert EventState.model_validate(last.data["event"]) == queries.state(session, row)
