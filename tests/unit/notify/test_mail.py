"""Notifications go out by mail: what is new, to whom may see it, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bus.mail.delivery import RecipientRefused
from bus.outbox.tasks import Outage, as_done
from contracts.blocks import BlockChanged
from contracts.forum import PostChanged, PostDeleted
from contracts.mail import SetMailSettings
from contracts.people import PersonState, PersonVanished
from core import clock
from core.database import Database
from services.notify import actions, mail_queries
from services.notify.actions import mail_queue
from services.notify.tables import LastActive, MailWaiting, Notification
from tests.unit.notify.harness import NotifyHarness, group, of_group, versions
from tests.unit.notify.mailbox import Mailbox, text_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOON + timedelta(minutes=6)


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Iterator[Mailbox]:
    """At noon, with Sam and Noa."""
    with clock.at(NOON):
        harness.people("sam", "noa")
        yield Mailbox(harness, tmp_path)


def choose(box: Mailbox, name: str, **fields: object) -> None:
    command = SetMailSettings.model_validate({"hour": 8, "timezone": "UTC", **fields})
    with box.harness.database.writing() as session:
        mail_queue.set_mail_settings(session, box.harness.viewer(name), command)


def test_a_reply_goes_out_after_a_while_with_its_whole_text(box: Mailbox) -> None:
    topic = box.harness.open_topic("sam", titles={"en": "Night buses"})
    long = "It is a **long** answer. " * 40
    box.note(topic, box.harness.reply(topic, "noa", long))
    assert box.sent() == []
    with clock.at(LATER):
        (mail,) = box.sent()
        assert box.sent() == []
    assert (mail["To"], mail["Subject"]) == ("sam@mail.example", "Re: Night buses")
    assert mail["From"].addresses[0].display_name == "noa via Space"
    assert long.strip() in text_of(mail)
    assert "<strong>long</strong>" in text_of(mail, "html")
    assert "You started this topic" in text_of(mail)


def test_mails_of_a_topic_are_one_thread(box: Mailbox) -> None:
    harness = box.harness
    choose(box, "sam", by_reason={"follow": "once"})
    harness.follow("sam", "category", "talk/general", "watching")
    topic = harness.open_topic("noa")
    box.note(topic)
    with clock.at(LATER):
        (first,) = box.sent()
    with clock.at(NOON + timedelta(hours=2)):
        post = harness.reply(topic, "noa", "More.", at=clock.now())
        box.note(topic, post)
    with clock.at(NOON + timedelta(hours=3)):
        (second,) = box.sent()
    assert first["Message-ID"] == f"<topic.{topic.id}@space.example>"
    assert (first["In-Reply-To"], first["Subject"]) == (None, "A topic")
    assert second["Message-ID"] == f"<post.{post.id}@space.example>"
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Subject"] == "Re: A topic"


def test_no_header_is_encoded_or_folded(box: Mailbox) -> None:
    """Outlook and others don't put threads together, or find the address to unsubscribe, otherwise."""
    topic = box.harness.open_topic("sam", titles={"en": "Ein sehr langer Titel über Fragen " * 5})
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(LATER):
        box.sent()
    (file,) = box.folder.glob("*.eml")
    head = file.read_bytes().partition(b"\r\n\r\n")[0]
    lines = dict(line.split(b": ", 1) for line in head.replace(b"\r\n ", b"\0").split(b"\r\n"))
    for name in (b"Message-ID", b"In-Reply-To", b"References", b"List-Unsubscribe", b"List-Id"):
        assert lines[name].startswith(b"<"), name
        assert lines[name].endswith(b">"), name
        assert not set(lines[name]) & set(b"\0? "), name
    assert lines[b"List-Unsubscribe"].startswith(b"<https://space.example/mail/")
    assert lines[b"List-Unsubscribe-Post"] == b"List-Unsubscribe=One-Click"
    assert lines[b"Auto-Submitted"] == b"auto-generated"
    assert lines[b"Precedence"] == b"bulk"


def test_what_was_read_meanwhile_goes_out_by_no_mail(box: Mailbox, database: Database) -> None:
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with database.writing() as session:
        actions.mark_read(session, box.harness.viewer("sam"), None)
    with clock.at(LATER):
        assert box.sent() == []
    assert box.asked == []


def test_mail_to_who_is_active_on_the_page_waits_a_little(box: Mailbox, database: Database) -> None:
    harness = box.harness
    before = harness.open_topic("sam")
    harness.reply(before, "noa", "Read soon.")
    topic = harness.open_topic("sam")
    box.note(topic, harness.reply(topic, "noa", "Yes."))
    with clock.at(NOON + 4 * MINUTE), database.writing() as session:
        first = harness.notifications("sam")[-1]
        actions.mark_read(session, harness.viewer("sam"), [first.id])
    with clock.at(LATER):
        assert box.sent() == []
    with clock.at(NOON + 15 * MINUTE):
        assert len(box.sent()) == 1


def test_nobody_is_active_for_ever(box: Mailbox, database: Database) -> None:
    harness = box.harness
    topic = harness.open_topic("sam")
    box.note(topic, harness.reply(topic, "noa", "Yes."))
    sent = []
    for minutes in range(1, 40, 3):
        with clock.at(NOON + minutes * MINUTE):
            with database.writing() as session:
                mail_queue.note_active(session, harness.ids["sam"])
            sent += [(minutes, mail) for mail in box.sent()]
    assert [minutes for minutes, _ in sent] == [31]


def test_a_flood_in_one_topic_is_one_mail(box: Mailbox) -> None:
    topic = box.harness.open_topic("sam")
    posts = [box.harness.reply(topic, "noa", f"Number {number}.") for number in range(2, 17)]
    box.note(topic, *posts)
    with clock.at(LATER):
        (mail,) = box.sent()
    told = text_of(mail)
    assert "Number 11." in told
    assert "Number 12." not in told
    assert "There are 5 more." in told
    with clock.at(LATER + MINUTE):
        more = [box.harness.reply(topic, "noa", f"Next {number}.", at=clock.now()) for number in (1, 2)]
        box.note(topic, *posts, *more)
    with clock.at(LATER + 20 * MINUTE):
        assert box.sent() == []
    with clock.at(LATER + 61 * MINUTE):
        (next_mail,) = box.sent()
    assert "Next 1." in text_of(next_mail)
    assert "Next 2." in text_of(next_mail)


def test_a_deleted_post_is_in_no_mail(box: Mailbox) -> None:
    topic = box.harness.open_topic("sam")
    post = box.harness.reply(topic, "noa", "Not so.")
    box.note(topic, post)
    box.harness.handle(PostDeleted(post=post, by_id=box.harness.ids["noa"]))
    with clock.at(LATER):
        assert box.sent() == []


def test_a_post_that_the_forum_shows_no_more_is_in_no_mail(box: Mailbox) -> None:
    """Its deletion may not have reached notify yet."""
    topic = box.harness.open_topic("sam")
    gone, kept = box.harness.reply(topic, "noa", "Gone."), box.harness.reply(topic, "noa", "Kept.")
    box.note(topic, gone, kept)
    box.forget(gone.id)
    with clock.at(LATER):
        (mail,) = box.sent()
    assert "Kept." in text_of(mail)
    assert "Gone." not in text_of(mail) + text_of(mail, "html")


def test_an_edited_post_goes_out_as_it_is(box: Mailbox) -> None:
    topic = box.harness.open_topic("sam")
    post = box.harness.reply(topic, "noa", "First.")
    edited = post.model_copy(update={"body": "Second."})
    box.harness.handle(PostChanged(post=edited, by_id=box.harness.ids["noa"]))
    box.note(topic, edited)
    with clock.at(LATER):
        (mail,) = box.sent()
    assert "Second." in text_of(mail)


def test_words_of_a_group_stay_out_of_mail(box: Mailbox) -> None:
    harness = box.harness
    circle = group()
    harness.member(circle, "sam", "moderator")
    harness.member(circle, "noa", "member")
    with clock.at(NOON + MINUTE):
        topic = harness.open_topic("sam", audience=of_group(circle), titles={"en": "Zebra"})
        post = harness.reply(topic, "noa", "Giraffe.")
        box.note(topic, post)
    with clock.at(LATER + MINUTE):
        mails = box.sent()
    for mail in mails:
        told = f"{mail} {text_of(mail)} {text_of(mail, 'html')}"
        for word in ("Zebra", "Giraffe", "The group", "a-topic", "noa", "secret"):
            assert word not in told, word
    assert f"https://space.example/talk/p/{post.id}" in "".join(map(text_of, mails))
    assert "Something new in one of your groups" in {str(mail["Subject"]).partition(":")[0] for mail in mails}


def test_who_has_left_a_group_gets_no_mail_of_it(box: Mailbox) -> None:
    harness = box.harness
    circle = group()
    for name in ("sam", "noa"):
        harness.member(circle, name, "member")
    topic = harness.open_topic("sam", audience=of_group(circle))
    box.note(topic, harness.reply(topic, "noa", "Giraffe."))
    harness.member(circle, "sam", "none")
    with clock.at(LATER):
        assert [mail for mail in box.sent() if mail["To"] == "sam@mail.example"] == []


def test_a_block_withdraws_what_is_not_sent(box: Mailbox) -> None:
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    sam, noa = box.harness.ids["sam"], box.harness.ids["noa"]
    box.harness.handle(BlockChanged(person_id=sam, other_id=noa, level="mute"))
    with clock.at(LATER):
        assert box.sent() == []


def test_nothing_goes_to_who_has_no_address_and_nothing_later(box: Mailbox) -> None:
    """Neither to who is suspended, or has vanished: people says who they are."""
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    box.without_address.add("sam")
    with clock.at(LATER):
        assert box.sent() == []
    box.without_address.clear()
    with clock.at(NOON + timedelta(hours=3)):
        box.note(topic, box.harness.reply(topic, "noa", "No.", at=clock.now()))
    with clock.at(NOON + timedelta(hours=4)):
        (mail,) = box.sent()
    assert "Yes." not in text_of(mail)


def test_nothing_is_left_of_who_has_vanished(box: Mailbox, database: Database) -> None:
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    choose(box, "sam")
    state = PersonState(
        id=box.harness.ids["sam"], name="Vanished 1", display_name="Vanished 1", joined_at=NOON, vanished=True
    )
    box.harness.handle(PersonVanished(person=state))
    with clock.at(LATER):
        assert box.sent() == []
    assert box.asked == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MailWaiting)) == 0


@pytest.mark.parametrize("chosen", [{"on": False}, {"by_reason": {"reply": "page"}}])
def test_what_is_not_wanted_by_mail_is_not_sent(box: Mailbox, chosen: dict[str, object]) -> None:
    choose(box, "sam", **chosen)
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    with clock.at(NOON + timedelta(days=2)):
        assert box.sent() == []


def test_who_changes_their_mind_before_it_goes_out_gets_none(box: Mailbox) -> None:
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    choose(box, "sam", on=False)
    with clock.at(LATER):
        assert box.sent() == []


def test_what_concerns_somebody_in_person_counts_before_what_they_follow(box: Mailbox) -> None:
    choose(box, "sam", by_reason={"follow": "daily", "mention": "once"})
    topic = box.harness.open_topic("noa")
    box.harness.follow("sam", "topic", topic.id)
    with clock.at(NOON + MINUTE):
        box.note(topic, box.harness.reply(topic, "noa", "Look, @sam", at=clock.now()))
    with clock.at(LATER + MINUTE):
        (mail,) = box.sent()
    assert "noa mentioned you in A topic" in text_of(mail)


def test_a_topic_goes_out_in_the_readers_language(box: Mailbox) -> None:
    harness = box.harness
    harness.person("lea", "de")
    box.languages["lea"] = "de"
    topic = harness.open_topic("noa", "Hallo @lea", titles={"en": "A topic", "de": "Ein Thema"})
    original, german = versions({"en": "A topic"}, "Hello @lea"), versions({"de": "Ein Thema"}, "Hallo @lea")
    box.note(topic.model_copy(update={"versions": [*original, *german]}))
    lea = harness.viewer("lea").model_copy(update={"languages": ("de", "en")})
    harness.viewer = lambda name: lea  # type: ignore[method-assign]
    with clock.at(LATER):
        (mail,) = box.sent()
    assert mail["Subject"] == "Ein Thema"
    assert "Hallo @lea" in text_of(mail)
    assert "Hello" not in text_of(mail)
    assert "Du wurdest erwähnt" in text_of(mail)
    assert mail["Content-Language"] == "de"


def test_the_demo_an_import_and_a_replay_mail_nothing(box: Mailbox, database: Database) -> None:
    with as_done():
        topic = box.harness.open_topic("sam")
        box.note(topic, box.harness.reply(topic, "noa", "Old.", at=NOON + MINUTE))
    for event, recorded in box.harness.handled:
        box.harness.give(event, recorded)
    with clock.at(NOON + timedelta(days=2)):
        assert box.sent() == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Notification)) == 1


def test_what_is_old_when_it_is_handled_is_not_mailed(box: Mailbox) -> None:
    long_ago = NOON - timedelta(days=3)
    with clock.at(long_ago - MINUTE):
        box.harness.person("lea")
    topic = box.harness.open_topic("lea", at=long_ago)
    box.note(topic, box.harness.reply(topic, "noa", "Old.", at=long_ago))
    assert box.harness.unread("lea") == 1
    with clock.at(LATER):
        assert box.sent() == []


def test_a_kill_after_the_mail_was_handed_over_sends_an_equal_one(box: Mailbox) -> None:
    """Nobody knows whether the server has it: a mail program tells by the `Message-ID`."""
    topic = box.harness.open_topic("sam")
    post = box.harness.reply(topic, "noa", "Yes.")
    box.note(topic, post)
    with clock.at(LATER):
        (task,) = box.waiting()
        box.dies = True
        with pytest.raises(Outage):
            box.carry_out(task, task.key())
        (file,) = box.folder.glob("*.eml")
        first = file.read_bytes()
        box.note(topic, post, box.harness.reply(topic, "noa", "Again.", at=clock.now()))
        box.dies = False
        box.carry_out(task, task.key())
        second = file.read_bytes()
    assert f"Message-ID: <post.{post.id}@space.example>".encode() in first
    assert f"Message-ID: <post.{post.id}@space.example>".encode() in second
    assert len(box.mailer.letters) == 2
    with clock.at(LATER + 2 * MINUTE):
        box.carry_out(task, task.key())
    assert len(box.mailer.letters) == 2


def test_an_address_that_is_refused_gets_no_more_and_its_person_is_told(
    box: Mailbox, database: Database
) -> None:
    topic = box.harness.open_topic("sam")
    box.note(topic, box.harness.reply(topic, "noa", "Yes."))
    box.refusing = RecipientRefused("the recipient was refused: 550 5.1.1")
    with clock.at(LATER):
        assert box.sent() == []
        with database.reading() as session:
            assert mail_queries.mail_settings(session, box.harness.viewer("sam")).refused == "550 5.1.1"
        box.refusing = None
        box.note(topic, box.harness.reply(topic, "noa", "Again.", at=clock.now()))
    with clock.at(NOON + timedelta(hours=3)):
        assert box.sent() == []
        choose(box, "sam")
        box.note(topic, box.harness.reply(topic, "noa", "Once more.", at=clock.now()))
    with clock.at(NOON + timedelta(hours=5)):
        (mail,) = box.sent()
    assert "Once more." in text_of(mail)


def test_when_somebody_was_active_is_kept_for_a_day(box: Mailbox, database: Database) -> None:
    with database.writing() as session:
        mail_queue.note_active(session, box.harness.ids["sam"])
    with clock.at(NOON + timedelta(hours=23)), database.writing() as session:
        mail_queue.purge_last_active(session)
        assert session.scalar(select(func.count()).select_from(LastActive)) == 1
    with clock.at(NOON + timedelta(hours=25)), database.writing() as session:
        mail_queue.purge_last_active(session)
        assert session.scalar(select(func.count()).select_from(LastActive)) == 0
