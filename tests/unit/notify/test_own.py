"""Following, marking as read, paging; and that handling events again, or many followers, changes nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from contracts.blog import ArticlePublished
from contracts.errors import Conflict, Forbidden, Invalid, SignInNeeded
from contracts.notify import FollowKind
from core import clock
from core.audience import STRANGER
from core.database import Database
from core.ids import new_id
from services.notify import actions, queries, rules
from services.notify.tables import Attendance, Base, EventSeen, Follow, GroupMember, Person, Post, Topic
from tests.unit.harness import statements_of
from tests.unit.notify.harness import NotifyHarness, group, of_group

ANY = new_id()
REPLICAS = (Attendance, EventSeen, GroupMember, Person, Post, Topic)


def test_strangers_and_readers_are_refused(harness: NotifyHarness) -> None:
    harness.people("sam")
    reader = harness.viewer("sam").model_copy(update={"scopes": frozenset({"read"})})
    for viewer, kind in ((STRANGER, SignInNeeded), (reader, Forbidden)):
        for write in (
            lambda session, who: actions.follow(session, who, "topic", ANY, "normal"),
            lambda session, who: actions.unfollow(session, who, "topic", ANY),
            lambda session, who: actions.mark_read(session, who, None),
        ):
            with pytest.raises(kind), harness.database.writing() as session:
                write(session, viewer)
    for read in (
        lambda session: queries.notifications(session, STRANGER, False, None, 10),
        lambda session: queries.unread(session, STRANGER),
        lambda session: queries.follows(session, STRANGER, None, 10),
        lambda session: queries.follow_state(session, STRANGER, "topic", ANY),
    ):
        with pytest.raises(SignInNeeded), harness.database.reading() as session:
            read(session)


@pytest.mark.parametrize(
    ("kind", "target", "code"),
    [
        ("topic", "nope", "follow-id-shape"), ("group", "A" * 16, "follow-id-shape"),
        ("person", "\0", "follow-id-shape"), ("category", "general", "follow-id-shape"),
        ("category", "news/a b", "follow-id-shape"), ("category", "news/\0", "follow-id-shape"),
        ("tag", "!!!", "tag-shape"),
    ],
)  # fmt: skip
def test_what_can_not_be_followed(harness: NotifyHarness, kind: FollowKind, target: str, code: str) -> None:
    harness.people("sam")
    with pytest.raises(Invalid) as error, harness.database.writing() as session:
        actions.follow(session, harness.viewer("sam"), kind, target, "normal")
    assert [(fault.field, fault.code) for fault in error.value.faults] == [("id", code)]


def test_following_and_no_longer(harness: NotifyHarness) -> None:
    harness.people("sam")
    sam = harness.viewer("sam")
    harness.follow("sam", "tag", "Público")
    harness.follow("sam", "category", "news/how-to", "watching")
    with harness.database.writing() as session:
        state = queries.follow_state(session, sam, "tag", "#PÚBLICO")
        assert state is not None
        assert (state.id, state.level) == ("público", "normal")
        actions.unfollow(session, sam, "tag", "público")
        actions.unfollow(session, sam, "tag", "público")
        assert queries.follow_state(session, sam, "tag", "público") is None
        assert [each.id for each in queries.follows(session, sam, None, 10).items] == ["news/how-to"]


def test_a_new_level_counts_from_now(harness: NotifyHarness) -> None:
    harness.people("sam")
    moments = [clock.now() - timedelta(hours=hours) for hours in (3, 2, 1)]
    for moment, level in zip(moments, ("normal", "normal", "watching"), strict=True):
        with clock.at(moment):
            harness.follow("sam", "tag", "birds", level)  # type: ignore[arg-type]
        with harness.database.reading() as session:
            state = queries.follow_state(session, harness.viewer("sam"), "tag", "birds")
        assert state is not None
        assert state.since == (moments[2] if level == "watching" else moments[0])


def test_follows_are_limited(harness: NotifyHarness) -> None:
    harness.people("sam")
    sam = {"person_id": harness.ids["sam"], "kind": "tag", "level": "normal", "since": clock.now()}
    with harness.database.writing() as session:
        session.execute(insert(Follow), [{**sam, "target": f"t{n}"} for n in range(rules.FOLLOWS_EACH - 1)])
    for tag in ("b", "b"):
        harness.follow("sam", "tag", tag)
    with pytest.raises(Conflict):
        harness.follow("sam", "tag", "c")


def test_pages_of_follows_lose_none(harness: NotifyHarness) -> None:
    harness.people("sam")
    targets = [f"tag_{number}" for number in range(7)]
    with clock.at(clock.now()):
        for target in targets:
            harness.follow("sam", "category", f"news/{target}")
    seen: list[str] = []
    after = None
    while True:
        with harness.database.reading() as session:
            page = queries.follows(session, harness.viewer("sam"), after, 3)
        seen += [each.id for each in page.items]
        harness.follow("sam", "tag", f"later {len(seen)}")
        after = page.next
        if after is None:
            break
    assert sorted(seen) == [f"news/{target}" for target in targets]
    for bad in ("x", "1_a:\0", "\0"):
        with pytest.raises(Invalid), harness.database.reading() as session:
            queries.follows(session, harness.viewer("sam"), bad, 3)


def test_pages_of_notifications_lose_none(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    for number in range(7):
        harness.reply(topic, "noa", f"Reply {number}")
    seen: list[str] = []
    after = None
    while True:
        with harness.database.reading() as session:
            page = queries.notifications(session, harness.viewer("sam"), False, after, 3)
        seen += [each.excerpt for each in page.items]
        harness.reply(topic, "noa", "Later")
        after = page.next
        if after is None:
            break
    assert seen == [f"Reply {number}" for number in reversed(range(7))]
    for bad in ("x", "\0"):
        with pytest.raises(Invalid), harness.database.reading() as session:
            queries.notifications(session, harness.viewer("sam"), False, bad, 3)


def test_reading(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    for number in range(3):
        harness.reply(topic, "noa", f"Reply {number}")
    newest = harness.notifications("sam")[0]
    notified = len(harness.published())
    with harness.database.writing() as session:
        # Somebody else's, and what is none, change nothing.
        assert actions.mark_read(session, harness.viewer("noa"), [newest.id]) == 0
        assert actions.mark_read(session, harness.viewer("sam"), ["nonsense", "\0", ANY]) == 3
    assert len(harness.published()) == notified
    with harness.database.writing() as session:
        assert actions.mark_read(session, harness.viewer("sam"), [newest.id]) == 2
    assert newest.id not in {each.id for each in harness.notifications("sam", unread_only=True)}
    with harness.database.writing() as session:
        assert actions.mark_read(session, harness.viewer("sam"), None) == 0
    assert (len(harness.notifications("sam")), harness.unread("sam")) == (3, 0)
    assert [(each.person_id, each.unread) for each in harness.published()[notified:]] == [
        (harness.ids["sam"], 2),
        (harness.ids["sam"], 0),
    ]
    with pytest.raises(Invalid), harness.database.writing() as session:
        actions.mark_read(session, harness.viewer("sam"), [ANY] * 1001)


def test_each_notification_is_published_with_the_count(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    for number in range(2):
        harness.reply(topic, "noa", f"Reply {number}")
    published = harness.published()
    assert [each.unread for each in published] == [1, 2]
    assert published[-1].notification == harness.notifications("sam")[0]
    assert published[-1].audience() == "members"


@pytest.mark.slow
def test_ten_thousand_followers_are_notified_in_few_statements(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("author")
    count = 10_000
    rows = [
        {"person_id": new_id(), "kind": "tag", "target": "birds", "level": "normal", "since": clock.now()}
        for _ in range(count)
    ]
    with database.writing() as session:
        session.execute(insert(Follow), rows)
    published = ArticlePublished(
        article=harness.article("author", tags=["birds"]), by_id=harness.ids["author"]
    )
    with statements_of(database.engine) as statements:
        harness.handle(published)
    writes = [each for each in statements if each.startswith("INSERT INTO notification")]
    assert len(statements) <= 133
    assert len(writes) <= 21
    assert len(harness.crowds()) == 10
    assert {person for crowd in harness.crowds() for person in crowd} == {row["person_id"] for row in rows}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["topic", "reply", "join", "leave", "follow"]), st.integers(0, 2), st.integers(0, 2)
    ),
    max_size=12,
)


@pytest.mark.slow
@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_handling_everything_again_changes_nothing(
    database: Database, steps: list[tuple[str, int, int]]
) -> None:
    with database.writing() as session, suppress(UndoError), session.begin_nested():
        harness = NotifyHarness(database, session)
        take_steps(harness, steps)
        before = everything(session)
        # As if the offsets were lost, then as a rebuild does it.
        for lost in ((), REPLICAS):
            for table in lost:
                session.execute(delete(table))
            for handled, recorded in harness.handled:
                harness.give(handled, recorded)
            assert everything(session) == before
        raise UndoError


def take_steps(harness: NotifyHarness, steps: list[tuple[str, int, int]]) -> None:
    """Let three people and a group do what `steps` say."""
    names = ["sam", "noa", "uli"]
    harness.people(*names)
    circle = group()
    topics = [harness.open_topic("sam"), harness.open_topic("noa", audience=of_group(circle))]
    for what, who, whom in steps:
        if what == "topic":
            topics.append(harness.open_topic(names[who], f"Hello @{names[whom]}", tags=["birds"]))
        elif what == "reply":
            harness.reply(topics[whom % len(topics)], names[who], f"Yes, @{names[whom]}")
        elif what == "follow":
            harness.follow(names[who], "tag", "birds", "watching")
        else:
            harness.member(circle, names[who], "member" if what == "join" else "none")


class UndoError(Exception):
    """Undoes a savepoint."""


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of notify's own."""
    return {
        name: sorted((tuple(row) for row in session.execute(table.select())), key=repr)
        for name, table in Base.metadata.tables.items()
    }
