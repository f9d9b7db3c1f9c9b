"""Posts in quick succession, and posts that very many follow, notify the same people as any other."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bus.consumer.dispatch import BatchHandler
from bus.eventlog.read import events_after
from contracts.common import Recorded
from contracts.forum import PostCreated, TopicState
from contracts.notify import Notified
from core import clock
from core.database import Database
from core.ids import new_id
from services.notify.actions import delivery, inserts
from services.notify.tables import Follow, Notification
from tests.unit.harness import NOON, statements_of
from tests.unit.notify.harness import HANDLERS, NotifyHarness, group, of_group, post_of

FOLLOWERS = delivery.CROWD + 100


class UndoError(Exception):
    """Undoes a transaction."""


def recorded(event: PostCreated, number: int) -> Recorded:
    return Recorded(
        producer="forum", seq=number + 1, id=new_id(), type=event.type, version=1, subject=event.subject(),
        audience=event.audience(), occurred_at=NOON + timedelta(seconds=number), data=event.model_dump(mode="json"),
    )  # fmt: skip


def created(harness: NotifyHarness, topic: TopicState, author: str, body: str, number: int) -> PostCreated:
    author_id = harness.ids[author]
    return PostCreated(post=post_of(topic, number + 2, author_id, body), by_id=author_id)


def handler() -> BatchHandler:
    ((_, found),) = HANDLERS["forum"][PostCreated.type]
    assert isinstance(found, BatchHandler)
    return found


def outcome(session: Session) -> tuple[list[Any], list[Any], list[Any]]:
    """The notifications, follows and published counts, without ids of their own."""
    notifications = session.execute(
        select(
            Notification.person_id, Notification.source_id, Notification.what, Notification.reasons,
            Notification.followed, Notification.title, Notification.item,
        )
    )  # fmt: skip
    follows = session.execute(select(Follow.person_id, Follow.target, Follow.since))
    published = [
        (each.data["person_id"], each.data["unread"], (each.data["notification"] or {}).get("path"))
        for each in events_after(session, "notify", 0, 1000)
        if each.type == Notified.type
    ]
    return sorted(map(repr, notifications)), sorted(map(repr, follows)), published


def test_posts_in_one_batch_notify_as_one_by_one(harness: NotifyHarness, database: Database) -> None:
    with clock.at(NOON):
        harness.people("sam", "noa", "uli", "bo")
        circle = group()
        harness.member(circle, "sam", "moderator")
        harness.member(circle, "noa", "member")
        topics = [harness.open_topic("sam"), harness.open_topic("noa", audience=of_group(circle))]
        harness.follow("uli", "topic", topics[0].id)
        harness.follow("bo", "person", harness.ids["noa"], "muted")
        harness.follow("bo", "topic", topics[0].id)
        said = [
            (0, "noa", "Hello @uli and @bo"), (0, "uli", "Yes"), (1, "sam", "Here, @noa and @uli"),
            (0, "noa", "Again"), (1, "noa", "Good"), (0, "bo", "Late"), (0, "sam", "Thanks"),
        ]  # fmt: skip
        pairs = []
        for number, (topic, author, body) in enumerate(said):
            event = created(harness, topics[topic], author, body, number)
            pairs.append((event, recorded(event, number)))
    with clock.at(NOON + timedelta(minutes=1)):
        outcomes = []
        for batches in ([[pair] for pair in pairs], [pairs]):
            with suppress(UndoError), database.writing() as session:
                for batch in batches:
                    handler().handle_all(session, batch)
                outcomes.append(outcome(session))
                raise UndoError
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0][2]) > 8


def test_a_batch_takes_as_many_statements_as_one_post(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    counts = []
    for size in (1, 40):
        pairs = []
        for number in range(size):
            event = created(harness, topic, "noa", "Yes", number)
            pairs.append((event, recorded(event, number).model_copy(update={"occurred_at": clock.now()})))
        with statements_of(database.engine) as statements, database.writing() as session:
            handler().handle_all(session, pairs)
        counts.append(len([each for each in statements if each.split()[0] in ("SELECT", "INSERT")]))
    assert counts[1] <= counts[0] + 1
    assert harness.unread("sam") == 41


def test_what_is_stored_for_a_crowd_is_what_is_stored_row_by_row(database: Database) -> None:
    shared = {
        "source_id": "source1", "what": "forum.post.created", "reasons": '["follow"]', "actor_id": None,
        "title": "x % :y", "language": "en", "excerpt": "'é'", "path": "/talk", "subject": "topic/1",
        "item": "post/1", "audience": "public", "followed": '[{"kind": "topic", "id": "1"}]', "is_read": False,
        "hidden": False, "mail": "once", "mailed_at": None, "at": NOON,
    }  # fmt: skip
    rows = [
        {**shared, "language": language, "id": f"{language}{number}", "person_id": f"{language}{number}"}
        for number in range(4)
        for language in ("en", "ar")
    ]
    found = []
    for insert_all in (inserts.insert_rows, inserts.insert_crowd):
        with suppress(UndoError), database.writing() as session:
            insert_all(session, rows)
            table: Any = Notification.__table__
            found.append(session.execute(select(*table.columns).order_by(table.c.id)).all())
            raise UndoError
    assert found[0] == found[1]
    assert len(found[0]) == len(rows)


@pytest.mark.slow
def test_everybody_of_a_crowd_is_notified_once(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    crowd = [new_id() for _ in range(FOLLOWERS)]
    muted = set(crowd[:7])
    with database.writing() as session:
        session.execute(
            insert(Follow),
            [
                {
                    "person_id": person, "kind": "topic", "target": topic.id,
                    "level": "muted" if person in muted else "normal", "since": clock.now(),
                }
                for person in crowd
            ],
        )  # fmt: skip
    with statements_of(database.engine) as statements:
        harness.reply(topic, "noa", "Hello, all")
    # To look for them in each batch takes as long as all that there are.
    assert len([each for each in statements if "FROM notification" in " ".join(each.split())]) == 1
    people = {*crowd, harness.ids["sam"]} - muted

    def notified() -> list[str]:
        with database.reading() as session:
            return list(session.scalars(select(Notification.person_id)))

    assert sorted(notified()) == sorted(people)
    assert sorted(person for each in harness.crowds() for person in each) == sorted(people)
    assert harness.published() == []
    harness.give(*harness.handled[-1])
    assert sorted(notified()) == sorted(people)
    assert sorted(person for each in harness.crowds() for person in each) == sorted(people)


@pytest.mark.slow
def test_of_a_crowd_only_members_learn_of_what_a_group_says(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam", "noa", "uli")
    circle = group()
    harness.member(circle, "sam", "moderator")
    harness.member(circle, "noa", "member")
    topic = harness.open_topic("sam", audience=of_group(circle))
    with database.writing() as session:
        people = [harness.ids["uli"], *(new_id() for _ in range(FOLLOWERS))]
        follow = {"kind": "topic", "target": topic.id, "level": "normal", "since": clock.now()}
        session.execute(insert(Follow), [{"person_id": person, **follow} for person in people])
    harness.reply(topic, "noa", "Between us")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Notification)) == 1
    assert harness.crowds() == [[harness.ids["sam"]]]
