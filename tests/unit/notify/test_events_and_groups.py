"""Who is notified of events and membership."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts import events
from contracts.people import GroupChanged, InvitationChanged
from core import clock
from services.notify import actions
from tests.unit.notify.harness import NotifyHarness, group, reasons_of


def test_a_new_event(harness: NotifyHarness) -> None:
    harness.people("host", "reader", "guest")
    harness.follow("reader", "tag", "walks")
    event = harness.event("host", tags=["walks"], body="With @guest.")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    assert harness.reasons("host", "reader", "guest") == {"reader": ["follow"], "guest": ["mention"]}
    assert harness.notifications("reader")[0].path == f"/events/{event.id}/an-event"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"status": "cancelled"}, "events.event.cancelled"),
        ({"timezone": "Asia/Tokyo"}, "events.event.changed"),
        ({"minutes": 90}, "events.event.changed"),
        ({"online_url": None}, "events.event.changed"),
        ({"tags": ["other"]}, None),
        ({"sequence": 5}, None),
    ],
)
def test_attendees_are_notified_of_what_matters(
    harness: NotifyHarness, change: dict[str, object], what: str | None
) -> None:
    harness.people("host", "guest", "fan", "gone")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.follow("fan", "event", event.id)
    for name in ("guest", "gone"):
        harness.handle(
            events.AttendanceChanged(
                event=event, person_id=harness.ids[name], occurrence="20300101T1000", attending="maybe"
            )
        )
    harness.handle(
        events.AttendanceChanged(
            event=event, person_id=harness.ids["gone"], occurrence="20300101T1000", attending=None
        )
    )
    changed = event.model_copy(update=change)
    for _ in range(2):
        harness.handle(events.EventChanged(event=changed, by_id=harness.ids["host"]))
    assert {
        name: [each.what for each in harness.notifications(name)] for name in ("host", "guest", "fan", "gone")
    } == {
        "host": [],
        "guest": [what] if what else [],
        "fan": [what] if what else [],
        "gone": [],
    }


@pytest.mark.slow
def test_an_hour_that_is_changed_to_and_fro_is_one_notification(harness: NotifyHarness) -> None:
    harness.people("host", "guest")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    attending = events.AttendanceChanged(
        event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
    )
    harness.handle(attending)

    def flip(minutes: int, status: str = "confirmed") -> None:
        changed = event.model_copy(update={"minutes": minutes, "status": status})
        harness.handle(events.EventChanged(event=changed, by_id=harness.ids["host"]))

    for number in range(12):
        flip(30 + number % 2)
    assert [each.what for each in harness.notifications("guest")] == ["events.event.changed"]
    assert harness.notifications("host") == []
    with harness.database.writing() as session:
        actions.mark_read(session, harness.viewer("guest"), None)
    flip(45)
    assert harness.unread("guest") == 1, "what was read before is not the latest"
    flip(45, "cancelled")
    assert [each.what for each in harness.notifications("guest")] == ["events.event.cancelled"]
    for changed, recorded in list(harness.handled):
        harness.give(changed, recorded)
    assert len(harness.notifications("guest")) == 1, "events that come again change nothing"
    with clock.at(clock.now() + timedelta(hours=2)):
        flip(60)
    assert len(harness.notifications("guest")) == 2, "it is another change of plan"


def test_who_attends_is_notified_when_the_zones_rules_change(harness: NotifyHarness) -> None:
    harness.people("host", "guest", "fan")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.follow("fan", "event", event.id)
    attending = events.AttendanceChanged(
        event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
    )
    harness.handle(attending)
    harness.handle(events.EventRecalculated(event=event, by_id=""))
    assert [each.what for each in harness.notifications("guest")] == ["events.event.recalculated"]
    assert harness.notifications("fan") == harness.notifications("host") == []
    cancelled = event.model_copy(update={"status": "cancelled"})
    harness.handle(events.EventRecalculated(event=cancelled, by_id=""))
    assert len(harness.notifications("guest")) == 1


def test_who_waited_is_notified_of_their_seat(harness: NotifyHarness) -> None:
    harness.people("host", "guest", "fan")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.follow("fan", "event", event.id)
    harness.handle(attendance(harness, event, None, waiting=True))
    assert harness.notifications("guest") == []
    harness.handle(
        events.EventChanged(event=event.model_copy(update={"minutes": 5}), by_id=harness.ids["host"])
    )
    assert [each.what for each in harness.notifications("guest")] == ["events.event.changed"]
    harness.handle(attendance(harness, event, "going", moved_up=True))
    seat = harness.notifications("guest")[0]
    assert (seat.what, seat.reasons, seat.actor_id) == ("events.seat.given", ["attendance"], None)
    assert seat.path == f"/events/{event.id}/an-event"
    for handled, recorded in list(harness.handled):
        harness.give(handled, recorded)
    assert len(harness.notifications("guest")) == 2, "events that come again change nothing"
    assert harness.notifications("host") == []
    series = harness.event("host", recurrence="FREQ=WEEKLY")
    harness.handle(attendance(harness, series, "going", moved_up=True))
    assert harness.notifications("guest")[0].path == f"/events/{series.id}/an-event?date=20300101T1000"


def test_nobody_is_notified_of_a_seat_at_what_is_over(harness: NotifyHarness) -> None:
    harness.people("host", "guest")
    past = clock.now() - timedelta(days=3)
    event = harness.event("host", starts_at=past, ends_at=past)
    harness.handle(attendance(harness, event, "going", moved_up=True))
    assert harness.notifications("guest") == []


def attendance(
    harness: NotifyHarness, event: events.EventState, attending: events.Attending | None, **how: bool
) -> events.AttendanceChanged:
    return events.AttendanceChanged(
        event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending=attending, **how
    )


def test_past_dates_concern_nobody(harness: NotifyHarness) -> None:
    harness.people("host", "before", "next")
    past, ahead = clock.now() - timedelta(days=20), clock.now() + timedelta(days=1)
    event = harness.event("host", recurrence="FREQ=WEEKLY")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    for name, day in (("before", past), ("next", ahead)):
        occurrence = day.strftime("%Y%m%dT%H%M")
        harness.handle(
            events.AttendanceChanged(
                event=event, person_id=harness.ids[name], occurrence=occurrence, attending="going"
            )
        )
    harness.handle(
        events.EventChanged(event=event.model_copy(update={"minutes": 5}), by_id=harness.ids["host"])
    )
    assert harness.reasons("before", "next") == {"next": ["attendance"]}
    over = harness.event("host", starts_at=past, ends_at=past)
    harness.handle(events.EventCreated(event=over, by_id=harness.ids["host"]))
    harness.handle(
        events.AttendanceChanged(
            event=over, person_id=harness.ids["before"], occurrence="x", attending="going"
        )
    )
    harness.handle(
        events.EventChanged(event=over.model_copy(update={"minutes": 5}), by_id=harness.ids["host"])
    )
    assert harness.notifications("before") == []


def test_asking_to_join_and_being_let_in(harness: NotifyHarness) -> None:
    harness.person("head")
    harness.person("asks", "de")
    harness.people("member")
    circle = group("closed", "board")
    harness.member(circle, "head", "moderator")
    harness.member(circle, "member", "member", by="head")
    harness.member(circle, "asks", "requested")
    assert harness.notifications("asks") == []
    assert [each.what for each in harness.notifications("head")] == ["people.membership.requested"]
    assert harness.notifications("head")[0].path == "/groups/board"
    harness.member(circle, "asks", "member", by="head")
    (notified,) = harness.notifications("asks")
    assert (notified.what, notified.title, notified.actor_id) == (
        "people.membership.granted",
        "Die Gruppe",
        harness.ids["head"],
    )
    harness.member(circle, "asks", "moderator", by="head")
    assert harness.notifications("asks")[0].what == "people.membership.moderator"
    assert reasons_of(harness.notifications("member")) == [["membership"]]
    harness.handle(GroupChanged(group=circle.model_copy(update={"slug": "board-x"})))
    assert {each.path for each in harness.notifications("asks")} == {"/groups/board-x"}


def with_a_guest(harness: NotifyHarness, event: events.EventState) -> None:
    """Let the host create an event, and the guest attend it."""
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.handle(
        events.AttendanceChanged(
            event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
        )
    )


def test_attendees_are_told_that_a_deleted_event_is_cancelled(harness: NotifyHarness) -> None:
    harness.people("host", "guest", "fan", "mod")
    event = harness.event("host", body="Come, @fan.")
    with_a_guest(harness, event)
    before = harness.notifications("fan")
    assert len(before) == 1
    blank = event.model_copy(update={"versions": [], "slug": event.id, "online_url": None})
    gone = events.EventDeleted(
        event=blank, by_id=harness.ids["mod"], reason="spam", titles={"en": "An event"}
    )
    harness.handle(gone)
    assert harness.notifications("fan") == []
    (told,) = harness.notifications("guest")
    assert (told.what, told.title, told.path) == ("events.event.cancelled", "An event", "/events")
    assert (told.reasons, told.actor_id) == (["attendance"], None)
    (own,) = harness.notifications("host")
    assert (own.what, own.path) == ("events.event.deleted", f"/events/{event.id}")
    # Everything handled once more, as in a rebuild.
    for handled, recorded in list(harness.handled):
        harness.give(handled, recorded)
    assert [each.id for each in harness.notifications("guest")] == [told.id]
    harness.handle(events.EventRestored(event=event, by_id=harness.ids["mod"]))
    assert harness.notifications("fan") == before
    assert [each.what for each in harness.notifications("guest")] == ["events.event.changed"]
    assert harness.notifications("host") == []


def test_of_a_past_or_cancelled_event_nobody_is_told_that_it_is_deleted(harness: NotifyHarness) -> None:
    harness.people("host", "guest")
    past = clock.now() - timedelta(days=3)
    for fields in ({"status": "cancelled"}, {"starts_at": past, "ends_at": past}):
        event = harness.event("host", **fields)
        with_a_guest(harness, event)
        harness.handle(
            events.EventDeleted(
                event=event, by_id=harness.ids["host"], reason="author", titles={"en": "An event"}
            )
        )
    assert harness.notifications("guest") == []


def test_an_invitation_is_told_to_who_is_invited_until_it_is_over(harness: NotifyHarness) -> None:
    harness.people("head", "guest")
    secret = group()
    harness.member(secret, "head", "moderator")
    invitation = InvitationChanged(
        invitation_id="0invitation00000",
        group=secret,
        person_id=harness.ids["guest"],
        by_id=harness.ids["head"],
        is_open=True,
    )
    harness.handle(invitation)
    (told,) = harness.notifications("guest")
    assert (told.what, told.title, told.actor_id) == (
        "people.membership.invited",
        "The group",
        harness.ids["head"],
    )
    harness.handle(invitation.model_copy(update={"is_open": False}))
    assert harness.notifications("guest") == []
