"""Where what comes back of a mail goes: a reply to its topic, and a bounce to who it was for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from bus.mail.delivery import FolderDelivery
from contracts.mail import SetMailSettings
from contracts.people import PersonState, PersonVanished
from core import clock
from core.audience import STRANGER
from core.database import Database
from core.mail_addresses import BounceAddress, MailAddresses, ReplyAddress
from core.settings import Settings
from services.notify import mail_queries
from services.notify.actions import mail_queue, mailing
from tests.unit.notify.harness import NotifyHarness
from tests.unit.notify.mailbox import Mailbox, text_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=6)
DOMAIN = {"SPACE_BASE_URL": "https://space.example", "SPACE_MAIL_DOMAIN": "reply.space.example"}


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Mailbox:
    made = Mailbox(harness, tmp_path)
    made.settings = Settings.from_environment({"SPACE_HOME": str(tmp_path), **DOMAIN})
    return made


def test_a_reply_goes_to_the_topic_in_its_readers_name(box: Mailbox) -> None:
    with clock.at(NOON):
        box.harness.people("sam", "noa")
        topic = box.harness.open_topic("sam")
        box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(LATER):
        (mail,) = box.sent()
    addresses = MailAddresses.of(box.settings)
    assert addresses is not None
    assert addresses.open(str(mail["Reply-To"])) == ReplyAddress(box.harness.ids["sam"], topic.id)
    for kind in ("plain", "html"):
        assert "You can reply to this mail" in text_of(mail, kind)
        assert "replies to this mail reach nobody" not in text_of(mail, kind)


def test_readers_of_the_same_words_have_addresses_of_their_own(box: Mailbox, database: Database) -> None:
    """A message is made once for all who get the same: what is each reader's own is not."""
    harness = box.harness
    with clock.at(NOON):
        harness.people("sam", "noa", "ann", "ben")
        topic = harness.open_topic("ben")
        for name in ("sam", "noa", "ann"):
            harness.follow(name, "topic", topic.id, "watching")
            with database.writing() as session:
                command = SetMailSettings(by_reason={"follow": "once"}, hour=8, timezone="UTC")
                mail_queue.set_mail_settings(session, harness.viewer(name), command)
        box.note(topic, harness.reply(topic, "ben", "Yes."))
    delivery = RecordingDelivery(box.folder)
    box.mailer._delivery = delivery
    with clock.at(LATER):
        mails = box.sent()
    addresses = MailAddresses.of(box.settings)
    assert addresses is not None
    found = {str(mail["To"]): addresses.open(str(mail["Reply-To"])) for mail in mails}
    assert found == {
        f"{name}@mail.example": ReplyAddress(harness.ids[name], topic.id) for name in ("sam", "noa", "ann")
    }
    bounces = [addresses.open(sender or "") for sender in delivery.senders]
    assert {each.person_id for each in bounces if isinstance(each, BounceAddress)} == {
        harness.ids[name] for name in ("sam", "noa", "ann")
    }


class RecordingDelivery(FolderDelivery):
    """Keeps the senders of envelopes too."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.senders: list[str | None] = []

    def deliver(
        self, message: EmailMessage | bytes, recipient: str, key: str, sender: str | None = None
    ) -> None:
        self.senders.append(sender)
        super().deliver(message, recipient, key, sender)


def test_what_can_not_be_delivered_comes_back_to_an_address_of_its_own(box: Mailbox) -> None:
    box.mailer._delivery = delivery = RecordingDelivery(box.folder)
    with clock.at(NOON):
        box.harness.people("sam", "noa")
        topic = box.harness.open_topic("sam")
        box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(LATER):
        box.sent()
    (sender,) = delivery.senders
    addresses = MailAddresses.of(box.settings)
    assert addresses is not None
    found = addresses.open(sender or "")
    assert isinstance(found, BounceAddress)
    assert found.person_id == box.harness.ids["sam"]
    assert found.is_of("sam@mail.example")


def test_a_daily_mail_has_no_topic_to_reply_in(box: Mailbox, database: Database) -> None:
    with clock.at(NOON):
        box.harness.people("sam", "noa")
        with database.writing() as session:
            command = SetMailSettings(by_reason={"reply": "daily"}, hour=8, timezone="UTC")
            mail_queue.set_mail_settings(session, box.harness.viewer("sam"), command)
        topic = box.harness.open_topic("sam")
        box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(NOON.replace(day=NOON.day + 1)):
        (mail,) = box.sent()
    assert mail["Reply-To"] is None
    assert "replies to this mail reach nobody" in text_of(mail)


def test_where_no_mail_is_taken_none_is_asked_for(harness: NotifyHarness, tmp_path: Path) -> None:
    box = Mailbox(harness, tmp_path)
    with clock.at(NOON):
        harness.people("sam", "noa")
        topic = harness.open_topic("sam")
        box.note(topic, harness.reply(topic, "noa", "Yes."))
    with clock.at(LATER):
        (mail,) = box.sent()
    assert mail["Reply-To"] is None
    assert "replies to this mail reach nobody" in text_of(mail)


def test_a_bounce_ends_mail_until_its_reader_wants_it_again(box: Mailbox, database: Database) -> None:
    box.harness.people("sam", "noa")
    sam = box.harness.viewer("sam")
    with database.writing() as session:
        mailing.note_bounce(session, STRANGER, sam.person_id or "", "5.1.1")
    with database.reading() as session:
        assert mail_queries.mail_settings(session, sam).refused == "5.1.1"
    with clock.at(NOON):
        topic = box.harness.open_topic("sam")
        box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(LATER):
        assert box.sent() == []
    with database.writing() as session:
        mail_queue.set_mail_settings(session, sam, SetMailSettings(hour=8, timezone="UTC"))
    with database.reading() as session:
        assert mail_queries.mail_settings(session, sam).refused == ""


def test_of_who_has_vanished_nothing_is_noted(box: Mailbox, database: Database) -> None:
    box.harness.people("sam")
    sam = box.harness.viewer("sam")
    state = PersonState(
        id=sam.person_id or "", name="gone", display_name="", languages=[], joined_at=NOON, vanished=True
    )
    box.harness.handle(PersonVanished(person=state, cited=[]))
    with database.writing() as session:
        mailing.note_bounce(session, STRANGER, sam.person_id or "", "5.1.1")
    with database.reading() as session:
        assert mail_queries.mail_settings(session, sam).refused == ""
