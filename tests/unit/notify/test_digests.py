"""Mails of an hour and a week, what people choose for one thing that they follow, and the hours in which they want
none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from contracts.forum import TopicState
from contracts.mail import Digest, FollowMail, MailStop, SetMailSettings
from contracts.notify import FollowKind, FollowView, Level
from core import clock
from core.database import Database
from services.notify import actions, mail_queries, mail_rules, queries
from services.notify.actions import mail_queue, mail_stops, targets
from services.notify.mail_links import MailLinks
from services.notify.tables import MailWaiting
from tests.unit.notify.harness import NotifyHarness
from tests.unit.notify.mailbox import Mailbox, text_of

pytestmark = pytest.mark.slow

NOON = datetime(2026, 5, 4, 12, 20, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONES = ("UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe")


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Iterator[Mailbox]:
    """On a Monday at 12:20, with Sam and Noa."""
    with clock.at(NOON):
        harness.people("sam", "noa")
        yield Mailbox(harness, tmp_path)


def said(box: Mailbox, title: str = "Buses", **fields: Any) -> TopicState:
    topic = box.harness.open_topic("noa", titles={"en": title}, at=clock.now(), **fields)
    box.note(topic)
    return topic


def follow(
    box: Mailbox,
    mail: FollowMail | None,
    kind: FollowKind = "category",
    id: str = "talk/general",
    level: Level = "watching",
) -> FollowView:
    with box.harness.database.writing() as session:
        return actions.follow(session, box.harness.viewer("sam"), kind, id, level, mail)


def choose(box: Mailbox, **fields: object) -> None:
    command = SetMailSettings.model_validate({"hour": 8, "timezone": "UTC", **fields})
    with box.harness.database.writing() as session:
        mail_queue.set_mail_settings(session, box.harness.viewer("sam"), command)


def due(box: Mailbox) -> dict[str, datetime]:
    with box.harness.database.reading() as session:
        rows = session.execute(select(MailWaiting.thread, MailWaiting.due_at))
        return {row.thread: row.due_at for row in rows}


def press(box: Mailbox, mail: Any, stop: MailStop | None = None) -> None:
    links = MailLinks.of(box.settings)
    token = str(mail["List-Unsubscribe"]).strip("<>").rpartition("/")[2]
    with box.harness.database.writing() as session:
        mail_stops.stop_mail(session, links, token, stop)


# Once an hour, once a week


def test_what_is_wanted_once_an_hour_comes_at_the_full_hour(box: Mailbox) -> None:
    choose(box, by_reason={"follow": "hourly"})
    follow(box, None)
    said(box, "Buses"), said(box, "Trams")
    assert due(box) == {"hourly": NOON.replace(hour=13, minute=0)}
    with clock.at(NOON.replace(hour=12, minute=59)):
        assert box.sent() == []
    with clock.at(NOON.replace(hour=13, minute=0)):
        (mail,) = box.sent()
    assert mail["Subject"] == "2 new things for you: Space"
    assert "once an hour" in text_of(mail)


def test_what_is_wanted_once_a_week_comes_on_that_day(box: Mailbox) -> None:
    choose(box, by_reason={"follow": "weekly"}, weekday=3, hour=9, timezone="Europe/Berlin")
    follow(box, None)
    said(box)
    assert due(box) == {"weekly": datetime(2026, 5, 6, 7, tzinfo=UTC)}
    with clock.at(datetime(2026, 5, 6, 7, tzinfo=UTC)):
        (mail,) = box.sent()
    assert "once a week" in text_of(mail)


def test_on_the_day_itself_after_the_hour_it_is_the_next_week(box: Mailbox) -> None:
    choose(box, by_reason={"follow": "weekly"}, weekday=1, hour=8)
    follow(box, None)
    said(box)
    assert due(box) == {"weekly": datetime(2026, 5, 11, 8, tzinfo=UTC)}


def test_each_digest_has_its_own(box: Mailbox) -> None:
    follow(box, "hourly")
    follow(box, "weekly", "tag", "maps", "normal")
    said(box, "Buses")
    said(box, "Trams", category="other", tags=["maps"])
    with clock.at(NOON + HOUR):
        (mail,) = box.sent()
    assert "Buses" in text_of(mail)
    assert "Trams" not in text_of(mail)


@pytest.mark.parametrize("digest", mail_rules.DIGESTS)
def test_one_press_ends_a_digest(box: Mailbox, digest: Digest) -> None:
    choose(box, by_reason={"follow": digest})
    follow(box, None)
    follow(box, digest, "tag", "maps", "normal")
    said(box)
    with clock.at(NOON + 8 * DAY):
        (mail,) = box.sent()
        assert mail_stops.shown(
            MailLinks.of(box.settings), str(mail["List-Unsubscribe"]).strip("<>").rpartition("/")[2]
        ).stops == [digest, "all"]
        press(box, mail)
        said(box, "Trams"), said(box, "Maps", category="other", tags=["maps"])
    assert due(box) == {}


# What is chosen for one thing


def test_one_thing_can_come_at_once_and_another_not_at_all(box: Mailbox) -> None:
    follow(box, "once")
    follow(box, "page", "tag", "maps", "normal")
    topic = said(box, "Buses")
    said(box, "Maps", category="other", tags=["maps"])
    assert due(box) == {f"topic/{topic.id}": NOON + mail_rules.HELD}


def test_the_nearest_with_an_own_choice_counts(box: Mailbox) -> None:
    follow(box, "page")
    follow(box, None, "tag", "maps", "watching")
    topic = said(box, "Buses", tags=["maps"])
    assert due(box) == {}
    follow(box, "once", "topic", topic.id, "normal")
    with clock.at(NOON + timedelta(minutes=1)):
        box.harness.reply(topic, "noa", "Late.")
    assert [*due(box)] == [f"topic/{topic.id}"]


def test_what_concerns_somebody_in_person_comes_whatever_they_follow(box: Mailbox) -> None:
    follow(box, "page")
    topic = said(box, "Buses", body="Ask @sam")
    assert [*due(box)] == [f"topic/{topic.id}"]


def test_what_is_on_the_page_only_by_then_is_not_mailed(box: Mailbox) -> None:
    follow(box, "once")
    said(box)
    follow(box, "page")
    with clock.at(NOON + HOUR):
        assert box.sent() == []


def test_a_choice_stays_until_another_is_made(box: Mailbox) -> None:
    assert follow(box, None).mail == "default"
    assert follow(box, "weekly").mail == "weekly"
    assert follow(box, None, level="normal").mail == "weekly"
    with box.harness.database.reading() as session:
        found = queries.follow_state(session, box.harness.viewer("sam"), "category", "talk/general")
    assert found is not None
    assert (found.level, found.mail) == ("normal", "weekly")
    assert follow(box, "default").mail == "default"


def test_another_choice_leaves_since_when_one_follows(box: Mailbox) -> None:
    before = follow(box, None)
    with clock.at(NOON + DAY):
        assert follow(box, "once").since == before.since


def test_a_choice_goes_along_with_what_is_merged(box: Mailbox) -> None:
    follow(box, "weekly", "tag", "maps", "normal")
    with box.harness.database.writing() as session:
        targets.move(session, "tag", "maps", "mapping", NOON + HOUR)
    with box.harness.database.reading() as session:
        found = queries.follow_state(session, box.harness.viewer("sam"), "tag", "mapping")
    assert found is not None
    assert found.mail == "weekly"


def test_to_end_mail_of_what_one_follows_ends_that_of_single_things_too(box: Mailbox) -> None:
    choose(box, by_reason={"follow": "once"})
    follow(box, "once")
    said(box)
    with clock.at(NOON + HOUR):
        (mail,) = box.sent()
        press(box, mail, "reason")
        said(box, "Trams")
    assert due(box) == {}


# Quiet hours


def test_in_quiet_hours_mail_waits_till_they_end(box: Mailbox) -> None:
    choose(box, by_reason={"follow": "once"}, quiet_from=22, quiet_to=7, timezone="Europe/Berlin")
    follow(box, None)
    night, morning = datetime(2026, 5, 4, 23, tzinfo=UTC), datetime(2026, 5, 5, 5, tzinfo=UTC)
    with clock.at(night):
        topic = said(box)
    assert due(box) == {f"topic/{topic.id}": morning}
    with clock.at(morning):
        assert len(box.sent()) == 1


def test_who_chooses_quiet_hours_since_has_them(box: Mailbox) -> None:
    choose(box, by_reason={"follow": "once"})
    follow(box, None)
    topic = said(box)
    choose(box, quiet_from=12, quiet_to=15)
    with clock.at(NOON + HOUR):
        assert box.sent() == []
        assert due(box) == {f"topic/{topic.id}": NOON.replace(hour=15, minute=0)}
    with clock.at(NOON.replace(hour=15, minute=0)):
        assert len(box.sent()) == 1


def test_quiet_hours_stay_where_nothing_is_said_of_them(box: Mailbox, database: Database) -> None:
    choose(box, quiet_from=22, quiet_to=7, weekday=5)
    choose(box)
    with database.reading() as session:
        found = mail_queries.mail_settings(session, box.harness.viewer("sam"))
    assert (found.quiet_from, found.quiet_to, found.weekday) == (22, 7, 5)
    choose(box, quiet_from=0, quiet_to=0)
    with database.reading() as session:
        assert mail_queries.choice_of_person(session, box.harness.ids["sam"]).quiet_until(NOON) is None


@pytest.mark.parametrize(
    ("now", "end"),
    [
        # Clocks go from 2:00 to 3:00 on 29 March 2026 in Berlin, and from 3:00 to 2:00 on 25 October.
        ("2026-03-28T22:30", "2026-03-29T05:00"),
        ("2026-03-28T23:30", "2026-03-29T05:00"),
        ("2026-10-24T21:30", "2026-10-25T06:00"),
        ("2026-10-25T00:30", "2026-10-25T06:00"),
        ("2026-10-25T01:30", "2026-10-25T06:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(now: str, end: str) -> None:
    found = mail_rules.quiet_until(datetime.fromisoformat(now + "Z"), 22, 7, "Europe/Berlin")
    assert found == datetime.fromisoformat(end + "Z")


MOMENTS = st.integers(0, 4 * 365 * 24 * 60)
HOURS = st.integers(0, 23)


@given(MOMENTS, HOURS, HOURS, st.sampled_from(ZONES))
def test_quiet_hours_end(minutes: int, start: int, end: int, timezone: str) -> None:
    now = NOON + timedelta(minutes=minutes)
    until = mail_rules.quiet_until(now, start, end, timezone)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        assert mail_rules.quiet_until(until, start, end, timezone) is None
    if start == end:
        assert until is None


@given(MOMENTS, st.integers(1, 7), HOURS, st.sampled_from(ZONES))
def test_the_day_of_the_week_is_ahead_and_within_a_week(
    minutes: int, weekday: int, hour: int, timezone: str
) -> None:
    now = NOON + timedelta(minutes=minutes)
    ahead = mail_rules.next_weekday(now, weekday, hour, timezone) - now
    assert timedelta(0) < ahead <= timedelta(days=7, hours=1)
    assert timedelta(0) < mail_rules.next_full_hour(now, timezone) - now <= HOUR
