"""Mails have the whole text of articles and events, what a post answers, the name of what led to them, and the words of
groups that allow it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from contracts.blocks import BlockChanged
from contracts.blog import ArticlePublished, ArticleView
from contracts.deletion import Deletion
from contracts.events import AttendanceChanged, EventCreated, EventState, EventView, Place
from contracts.forum import TopicState
from contracts.mail import SetMailSettings
from contracts.people import GroupChanged, GroupKind, GroupState
from core import clock
from services.notify.actions import mail_queue
from tests.unit.notify.harness import NotifyHarness, group, of_group
from tests.unit.notify.mailbox import Mailbox, text_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOON + 6 * MINUTE


@pytest.fixture
def box(harness: NotifyHarness, tmp_path: Path) -> Iterator[Mailbox]:
    """At noon, with Sam, who wants all at once, Noa and Uli."""
    with clock.at(NOON):
        harness.people("sam", "noa", "uli")
        command = SetMailSettings(
            by_reason={"follow": "once", "search": "once", "membership": "page"}, hour=8, timezone="UTC"
        )
        with harness.database.writing() as session:
            mail_queue.set_mail_settings(session, harness.viewer("sam"), command)
        yield Mailbox(harness, tmp_path)


def mail_of(box: Mailbox, name: str = "sam") -> EmailMessage:
    with clock.at(LATER + MINUTE):
        (mail,) = [mail for mail in box.sent() if mail["To"] == f"{name}@mail.example"]
    return mail


def lines_of(mail: EmailMessage) -> str:
    return text_of(mail).replace("\r\n", "\n")


def no_mail(box: Mailbox) -> bool:
    with clock.at(LATER + MINUTE):
        return not [mail for mail in box.sent() if mail["To"] == "sam@mail.example"]


# Articles and events


def published(box: Mailbox, **fields: Any) -> ArticleView:
    box.harness.follow("sam", "category", "news/community")
    article = box.harness.article("noa")
    box.harness.handle(ArticlePublished(article=article, by_id=box.harness.ids["noa"]))
    view = ArticleView(
        **article.model_dump(include={"id", "slug", "status", "audience", "author_id", "category", "tags",
                                      "created_at", "changed_at", "original_language", "contributor_ids"}),
        language="en", title="Night buses run", summary="", languages=["en"], revision=1, versions=[],
        body="They run.\n\nAll night.", html="<p>They run.</p><p>All night.</p>",
    ).model_copy(update=fields)  # fmt: skip
    box.articles[view.id] = view
    return view


def test_a_mail_of_an_article_has_all_of_it(box: Mailbox) -> None:
    published(box)
    mail = mail_of(box)
    assert "Night buses run" in str(mail["Subject"])
    assert "They run.\n\nAll night." in lines_of(mail)
    assert "All night.</p>" in text_of(mail, "html")


@pytest.mark.parametrize(
    "gone",
    [{"status": "draft"}, {"deletion": Deletion(reason="spam", note="", at=NOON, by_id="x" * 16)}],
)
def test_an_article_that_is_no_more_is_in_no_mail(box: Mailbox, gone: dict[str, Any]) -> None:
    published(box, **gone)
    assert no_mail(box)


def test_an_article_that_is_not_for_its_reader_is_in_no_mail(box: Mailbox) -> None:
    view = published(box)
    box.articles[view.id] = view.model_copy(update={"audience": of_group(group())})
    assert no_mail(box)


def announced(box: Mailbox, **fields: Any) -> EventView:
    box.harness.follow("sam", "person", box.harness.ids["noa"])
    event = box.harness.event("noa")
    box.harness.handle(EventCreated(event=event, by_id=box.harness.ids["noa"]))
    return shown(box, event, **fields)


def shown(box: Mailbox, event: EventState, **fields: Any) -> EventView:
    """What events says of an event."""
    start = datetime(2026, 5, 20, 17, tzinfo=UTC)
    view = EventView(
        **event.model_dump(include={"id", "slug", "audience", "author_id", "status", "format", "tags", "sequence",
                                    "created_at", "changed_at", "local_start", "minutes", "original_language"}),
        language="en", title="A walk", languages=["en"], spoken=[], starts_at=start,
        ends_at=start + timedelta(hours=2), timezone="Europe/Berlin", occurrence="20260520T1900", revision=1,
        versions=[], body="Bring shoes.", html="<p>Bring shoes.</p>", online_url="https://meet.example/walk",
        place=Place(name="Berlin", country="DE", latitude=52.5, longitude=13.4, venue="Main station"),
    ).model_copy(update=fields)  # fmt: skip
    box.events[view.id] = view
    return view


def test_a_mail_of_an_event_says_when_and_where_it_is(box: Mailbox) -> None:
    announced(box)
    mail = mail_of(box)
    told = text_of(mail)
    assert "When: May 20, 2026, 7:00" in told.replace("\u202f", " ")
    assert "(Europe/Berlin)" in told
    assert "Where: Main station, Berlin, https://meet.example/walk" in told
    assert "Bring shoes." in told
    assert "Main station" in text_of(mail, "html")


def test_a_mail_of_a_seat_is_about_its_date(box: Mailbox) -> None:
    event = box.harness.event("noa", recurrence="FREQ=WEEKLY")
    view = shown(box, event)
    seat = AttendanceChanged(
        event=event,
        person_id=box.harness.ids["sam"],
        occurrence=view.occurrence,
        attending="going",
        moved_up=True,
    )
    box.harness.handle(seat)
    told = text_of(mail_of(box))
    assert "You have a seat at A walk now" in told
    assert "When: May 20, 2026, 7:00" in told.replace("\u202f", " ")
    assert f"/events/{event.id}/an-event?date=20260520T1900" in told
    assert "Bring shoes." not in told


def test_of_a_seat_at_a_date_that_is_no_more_there_is_no_mail(box: Mailbox) -> None:
    event = box.harness.event("noa", recurrence="FREQ=WEEKLY")
    shown(box, event)
    box.harness.handle(
        AttendanceChanged(
            event=event,
            person_id=box.harness.ids["sam"],
            occurrence="20260527T1900",
            attending="going",
            moved_up=True,
        )
    )
    assert no_mail(box)


def test_an_event_that_is_no_more_is_in_no_mail(box: Mailbox) -> None:
    announced(box, deletion=Deletion(reason="spam", note="", at=NOON, by_id="x" * 16))
    assert no_mail(box)


# What a post answers


def answered(box: Mailbox, *bodies: str) -> TopicState:
    """A topic of Uli with these posts by Noa after the first, of which Sam is told the last alone."""
    topic = box.harness.open_topic("uli", "Where do the buses go?")
    posts = [
        box.harness.reply(topic, "uli" if n % 2 else "noa", body, number=n + 2)
        for n, body in enumerate(bodies[:-1])
    ]
    box.harness.follow("sam", "topic", topic.id)
    with clock.at(NOON + MINUTE):
        last = box.harness.reply(topic, "noa", bodies[-1], number=len(bodies) + 1, at=clock.now())
    box.note(topic, *posts, last)
    return topic


def test_what_a_reply_answers_is_quoted_short(box: Mailbox) -> None:
    answered(box, "To the sea.")
    mail = mail_of(box)
    assert "uli wrote before that:\n> Where do the buses go?" in lines_of(mail)
    assert "Where do the buses go?" in text_of(mail, "html")
    assert text_of(mail).index("Where do") < text_of(mail).index("To the sea.")


def test_it_is_the_post_before_and_its_beginning(box: Mailbox) -> None:
    answered(box, "First answer " * 100, "And back.")
    told = text_of(mail_of(box))
    (quoted,) = [line for line in told.splitlines() if line.startswith("> ")]
    assert quoted.startswith("> First answer")
    assert len(quoted) < 210
    assert "Where do" not in told


@pytest.mark.parametrize("body", ["> Where do the buses go?\n\nTo the sea.", "Well:\n> Where?\n\nHere."])
def test_a_post_that_quotes_has_its_quotation(box: Mailbox, body: str) -> None:
    answered(box, body)
    assert "wrote before that" not in text_of(mail_of(box))


def test_nobody_is_quoted_whom_the_reader_avoids(box: Mailbox) -> None:
    answered(box, "To the sea.")
    sam, uli = (box.harness.ids[name] for name in ("sam", "uli"))
    box.harness.handle(BlockChanged(person_id=sam, other_id=uli, level="mute"))
    told = text_of(mail_of(box))
    assert "To the sea." in told
    assert "Where do" not in told


# Why it came


def test_the_name_of_the_category_is_told(box: Mailbox) -> None:
    box.harness.follow("sam", "category", "talk/general")
    box.note(box.harness.open_topic("noa"))
    assert "You follow In general" in text_of(mail_of(box))


# Groups


def inside(box: Mailbox, kind: GroupKind, chosen: bool | None) -> GroupState:
    """A group with Sam and Noa, in which Noa writes."""
    circle = group(kind).model_copy(update={"words_by_mail": chosen})
    box.harness.handle(GroupChanged(group=circle))
    for name in ("sam", "noa"):
        box.harness.member(circle, name, "member")
    box.harness.follow("sam", "group", circle.id)
    with clock.at(NOON + MINUTE):
        box.note(
            box.harness.open_topic("noa", "Zebras.", audience=of_group(circle), category=None, at=clock.now())
        )
    return circle


def all_of(mail: EmailMessage) -> str:
    return text_of(mail) + text_of(mail, "html") + str(mail["Subject"]) + str(mail["From"])


@pytest.mark.parametrize(
    ("kind", "chosen", "told"),
    [
        ("hidden", None, False), ("closed", None, False), ("open", None, True),
        ("hidden", True, True), ("closed", True, True), ("open", False, False),
    ],
)  # fmt: skip
def test_a_group_decides_whether_its_words_leave(
    box: Mailbox, kind: GroupKind, chosen: bool | None, told: bool
) -> None:
    inside(box, kind, chosen)
    mail = mail_of(box)
    for word in ("Zebras", "A topic", "The group", "noa"):
        assert (word in all_of(mail)) == told, word
    assert ("something new in one of your groups" in all_of(mail)) != told


def test_a_group_that_changes_its_mind_is_obeyed_when_the_mail_goes_out(box: Mailbox) -> None:
    circle = inside(box, "hidden", True)
    box.harness.handle(GroupChanged(group=circle.model_copy(update={"words_by_mail": False})))
    assert "Zebras" not in all_of(mail_of(box))


def test_nothing_is_known_of_a_group_from_before(box: Mailbox) -> None:
    """An event of an older release says nothing of mail; and of one that never came nothing leaves."""
    circle = group("open")
    for name in ("sam", "noa"):
        box.harness.member(circle, name, "member")
    box.harness.follow("sam", "group", circle.id)
    with clock.at(NOON + MINUTE):
        box.note(
            box.harness.open_topic("noa", "Zebras.", audience=of_group(circle), category=None, at=clock.now())
        )
    assert "Zebras" not in all_of(mail_of(box))


@pytest.mark.parametrize("chosen", [True, False])
def test_who_has_left_gets_no_mail_of_a_group(box: Mailbox, chosen: bool) -> None:
    circle = inside(box, "hidden", chosen)
    box.harness.member(circle, "sam", "none")
    assert no_mail(box)
