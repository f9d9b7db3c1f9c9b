"""Once a day: a mail of what is new, at the reader's hour, and none where nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from contracts.errors import Forbidden, Invalid, SignInNeeded
from contracts.forum import TopicState
from contracts.mail import SetMailSettings
from core import clock
from core.audience import Viewer
from core.database import Database
from services.notify import actions, mail_queries, mail_rules
from services.notify.actions import mail_queue
from services.notify.tables import MailWaiting
from tests.unit.notify.harness import NotifyHarness, group, of_group
from tests.unit.notify.mailbox import Mailbox, text_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MORNING = NOON.replace(day=5, hour=8)
ZONES = ("UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe")


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Iterator[Mailbox]:
    """At noon, with Sam, who follows a category, and Noa."""
    with clock.at(NOON):
        harness.people("sam", "noa", "uli")
        harness.follow("sam", "category", "talk/general", "watching")
        yield Mailbox(harness, tmp_path)


def said(box: Mailbox, title: str, author: str = "noa", *replies: str, **fields: Any) -> TopicState:
    topic = box.harness.open_topic(author, titles={"en": title}, **fields)
    box.note(topic, *(box.harness.reply(topic, "uli", each) for each in replies))
    return topic


def choose(box: Mailbox, **fields: object) -> None:
    command = SetMailSettings.model_validate({"hour": 8, "timezone": "UTC", **fields})
    with box.harness.database.writing() as session:
        mail_queue.set_mail_settings(session, box.harness.viewer("sam"), command)


def to_sam(box: Mailbox) -> EmailMessage:
    (mail,) = [mail for mail in box.sent() if mail["To"] == "sam@mail.example"]
    return mail


def due_at(database: Database) -> datetime | None:
    with database.reading() as session:
        return session.scalar(select(MailWaiting.due_at).where(MailWaiting.thread == "daily"))


def test_what_somebody_follows_comes_once_a_day(box: Mailbox) -> None:
    said(box, "Buses"), said(box, "Trams")
    with clock.at(MORNING - timedelta(minutes=1)):
        assert box.sent() == []
    with clock.at(MORNING):
        (mail,) = box.sent()
        assert box.sent() == []
    assert mail["Subject"] == "2 new things for you: Space"
    assert mail["From"].addresses[0].display_name == ""
    assert "noa started the topic Buses" in text_of(mail)
    assert "noa started the topic Trams" in text_of(mail)
    with clock.at(MORNING + DAY):
        assert box.sent() == []


def test_nothing_new_no_mail(box: Mailbox, database: Database) -> None:
    said(box, "Buses")
    with database.writing() as session:
        actions.mark_read(session, box.harness.viewer("sam"), None)
    with clock.at(MORNING):
        assert box.sent() == []


def test_it_is_made_when_it_goes_out(box: Mailbox) -> None:
    said(box, "Buses")
    with clock.at(NOON + timedelta(hours=12)):
        said(box, "Trams", at=clock.now())
    with clock.at(MORNING):
        (mail,) = box.sent()
    assert "Trams" in text_of(mail)


def test_the_liveliest_comes_first_and_what_belongs_together_is_together(box: Mailbox) -> None:
    quiet = said(box, "Quiet")
    said(box, "Lively", "noa", "One.", "Two.")
    box.harness.reply(quiet, "noa", "Late.")
    with clock.at(MORNING):
        mail = to_sam(box)
    told = text_of(mail)
    assert [told.index(each) for each in ("Lively", "One.", "Two.", "Quiet", "Late.")] == sorted(
        told.index(each) for each in ("Lively", "One.", "Two.", "Quiet", "Late.")
    )
    assert text_of(mail, "html").count("<h2") == 2


def test_what_is_too_much_is_counted(box: Mailbox) -> None:
    said(box, "Lively", "noa", *map(str, range(mail_rules.DIGEST_ITEMS + 3)))
    with clock.at(MORNING):
        mail = to_sam(box)
    assert "There are 4 more." in text_of(mail)
    assert text_of(mail).count("replied in") == mail_rules.DIGEST_ITEMS - 1


def test_groups_are_only_counted(box: Mailbox) -> None:
    circle = group()
    for name in ("sam", "noa"):
        box.harness.member(circle, name, "member")
    choose(box, by_reason={"membership": "page"})
    box.harness.follow("sam", "group", circle.id)
    with clock.at(NOON + timedelta(minutes=1)):
        said(box, "Zebra", audience=of_group(circle), category=None, at=clock.now())
    with clock.at(MORNING):
        mail = to_sam(box)
    told = text_of(mail) + text_of(mail, "html") + str(mail["Subject"])
    assert "Zebra" not in told
    assert "The group" not in told
    assert "There is something new in one of your groups" in told


def test_it_comes_at_ones_hour_in_ones_zone(box: Mailbox, database: Database) -> None:
    choose(box, hour=7, timezone="Asia/Kolkata")
    said(box, "Buses")
    assert due_at(database) == datetime(2026, 5, 5, 1, 30, tzinfo=UTC)


def test_a_zone_that_there_is_not_is_refused(box: Mailbox) -> None:
    with pytest.raises(Invalid) as raised:
        choose(box, timezone="Mars/Olympus")
    assert [fault.code for fault in raised.value.faults] == ["timezone-unknown"]


def test_what_one_has_chosen_is_what_one_sees(box: Mailbox, database: Database) -> None:
    choose(box, on=False, by_reason={"mention": "daily"}, hour=21, timezone="Europe/Berlin")
    choose(box, on=True, by_reason={"follow": "page"}, hour=22, timezone="Europe/Berlin")
    with database.reading() as session:
        found = mail_queries.mail_settings(session, box.harness.viewer("sam"))
        others = mail_queries.mail_settings(session, box.harness.viewer("noa"))
    assert (found.on, found.hour, found.timezone) == (True, 22, "Europe/Berlin")
    assert (found.by_reason["mention"], found.by_reason["follow"]) == ("daily", "page")
    assert (others.by_reason["mention"], others.by_reason["follow"]) == ("once", "daily")


def test_a_token_to_read_and_a_stranger_change_nothing(box: Mailbox, database: Database) -> None:
    command = SetMailSettings(hour=8, timezone="UTC")
    for viewer in (Viewer(), box.harness.viewer("sam").model_copy(update={"scopes": frozenset({"read"})})):
        with pytest.raises((SignInNeeded, Forbidden)), database.writing() as session:
            mail_queue.set_mail_settings(session, viewer, command)


@given(
    st.integers(0, 4 * 365 * 24 * 60),
    st.integers(0, 23),
    st.sampled_from(ZONES),
)
def test_the_next_hour_is_ahead_and_within_a_day(minutes: int, hour: int, timezone: str) -> None:
    now = NOON + timedelta(minutes=minutes)
    ahead = mail_rules.next_hour(now, hour, timezone) - now
    # A day on which clocks are set back has more hours.
    assert timedelta(0) < ahead <= timedelta(hours=25)
