"""What would have reached somebody by mail last week, under their settings or others: as it then goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.errors import Invalid, SignInNeeded
from contracts.mail import MailPreview, SetMailSettings
from core import clock
from core.audience import Viewer
from core.database import Database
from services.notify import actions, mail_preview, mail_rules
from services.notify.actions import mail_queue
from tests.unit.notify.harness import NotifyHarness, group, of_group
from tests.unit.notify.mailbox import Mailbox

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Mailbox:
    with clock.at(MONDAY):
        harness.people("sam", "noa")
        harness.follow("sam", "category", "talk/general", "watching")
    return Mailbox(harness, tmp_path)


def week(box: Mailbox) -> None:
    """Two topics with replies each day at noon from Tuesday to Thursday, of which each mentions Sam once."""
    for day in range(1, 4):
        noon = MONDAY + day * DAY + 12 * HOUR
        with clock.at(noon):
            topic = box.harness.open_topic("noa", titles={"en": f"Day {day}"}, at=noon)
        posts = []
        for minutes, body in ((2, "Yes."), (30, "@sam!"), (200, "No.")):
            at = noon + timedelta(minutes=minutes)
            with clock.at(at):
                posts.append(box.harness.reply(topic, "noa", body, at=at))
        box.note(topic, *posts)


def preview(box: Mailbox, at: datetime = MONDAY + 6 * DAY, **fields: object) -> MailPreview:
    command = SetMailSettings.model_validate({"hour": 8, "timezone": "UTC", **fields}) if fields else None
    with clock.at(at), box.harness.database.reading() as session:
        return mail_preview.mail_preview(session, box.harness.viewer("sam"), command)


def test_it_counts_what_would_have_come(box: Mailbox) -> None:
    week(box)
    found = preview(box)
    assert found.counts == {"once": 3, "daily": 3}
    assert (found.on_page, found.waiting) == (0, 0)
    first = found.mails[-1]
    assert (first.when, first.title, first.at) == (
        "once",
        "Day 1",
        MONDAY + DAY + 12.5 * HOUR + mail_rules.HELD,
    )
    assert [mail.told for mail in found.mails if mail.when == "daily"] == [3, 3, 3]


def test_other_settings_bring_others_and_change_nothing(box: Mailbox) -> None:
    week(box)
    assert preview(box, by_reason={"follow": "page", "mention": "page"}).on_page == 12
    assert preview(box, by_reason={"follow": "weekly"}, weekday=6).counts == {"once": 3, "weekly": 1}
    assert preview(box, by_reason={"follow": "weekly"}, weekday=7, hour=9).waiting == 9
    assert preview(box, on=False).counts == {}
    assert preview(box).counts == {"once": 3, "daily": 3}


def test_in_quick_succession_it_is_one_mail_and_in_quiet_hours_none(box: Mailbox) -> None:
    week(box)
    found = preview(box, by_reason={"follow": "once"})
    assert found.counts == {"once": 9}
    day_one = [mail for mail in found.mails if mail.title == "Day 1"][::-1]
    noon = MONDAY + DAY + 12 * HOUR
    assert [(mail.at - noon, mail.told) for mail in day_one] == [
        (mail_rules.HELD, 2),
        (mail_rules.HELD + mail_rules.BETWEEN, 1),
        (timedelta(minutes=205), 1),
    ]
    quiet = preview(box, by_reason={"follow": "once"}, quiet_from=11, quiet_to=18)
    assert {mail.at.hour for mail in quiet.mails} == {18}
    assert quiet.counts == {"once": 3}


def test_what_is_chosen_for_one_thing_counts(box: Mailbox, database: Database) -> None:
    week(box)
    with database.writing() as session:
        actions.follow(session, box.harness.viewer("sam"), "category", "talk/general", "watching", "page")
    found = preview(box)
    assert (found.counts, found.on_page) == ({"once": 3}, 9)


def test_it_is_what_then_goes_out(box: Mailbox) -> None:
    """The same week, with every mail made when it is due."""
    command = SetMailSettings(
        by_reason={"follow": "once"}, hour=8, timezone="UTC", quiet_from=14, quiet_to=16
    )
    with box.harness.database.writing() as session:
        mail_queue.set_mail_settings(session, box.harness.viewer("sam"), command)
    sent: list[tuple[datetime, str]] = []

    def pass_until(moment: datetime, now: datetime) -> datetime:
        while now < moment:
            now += timedelta(minutes=1)
            with clock.at(now):
                sent.extend((now, str(mail["Subject"]).removeprefix("Re: ")) for mail in box.sent())
        return now

    noon = MONDAY + 12 * HOUR
    with clock.at(noon):
        topic = box.harness.open_topic("noa", titles={"en": "Now"}, at=noon)
        box.note(topic)
    now = noon
    posts = []
    for minutes in (1, 20, 100, 110, 300):
        now = pass_until(noon + timedelta(minutes=minutes), now)
        with clock.at(now):
            posts.append(box.harness.reply(topic, "noa", "Yes.", at=now))
        box.note(topic, *posts)
    now = pass_until(noon + timedelta(minutes=400), now)
    assert sent == [(mail.at, mail.title) for mail in preview(box, now).mails[::-1]]
    assert len(sent) == 4


def test_it_is_of_a_week_and_of_what_one_sees(box: Mailbox) -> None:
    week(box)
    circle = group("closed")
    with clock.at(MONDAY):
        for name in ("sam", "noa"):
            box.harness.member(circle, name, "member")
    with clock.at(MONDAY + 4 * DAY):
        box.harness.follow("sam", "group", circle.id)
        box.harness.open_topic("noa", audience=of_group(circle), category=None, at=clock.now() + HOUR)
    told = [mail.told for mail in preview(box).mails if mail.when == "daily"]
    assert told == [4, 3, 3]
    box.harness.member(circle, "sam", "none")
    told = [mail.told for mail in preview(box).mails if mail.when == "daily"]
    assert told == [3, 3, 3]
    assert preview(box, MONDAY + 20 * DAY) == MailPreview()


def test_it_is_for_nobody_else_and_of_zones_that_there_are(box: Mailbox, database: Database) -> None:
    with pytest.raises(SignInNeeded), database.reading() as session:
        mail_preview.mail_preview(session, Viewer(), None)
    with pytest.raises(Invalid):
        preview(box, timezone="Mars/Olympus")
