"""Following, reading, paging; and that hearing twice, or many at once, changes nothing."""

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
from tests.unit.notify.town import Town, group, of_group
from tests.unit.service_house import statements_of

ANY = new_id()
REPLICAS = (Attendance, EventSeen, GroupMember, Person, Post, Topic)


def test_strangers_and_readers_are_refused(town: Town) -> None:
    town.people("sam")
    reader = town.viewer("sam").model_copy(update={"scopes": frozenset({"read"})})
    for viewer, kind in ((STRANGER, SignInNeeded), (reader, Forbidden)):
        for write in (
            lambda session, who: actions.follow(session, who, "topic", ANY, "normal"),
            lambda session, who: actions.unfollow(session, who, "topic", ANY),
            lambda session, who: actions.mark_read(session, who, None),
        ):
            with pytest.raises(kind), town.database.writing() as session:
                write(session, viewer)
    for read in (
        lambda session: queries.notifications(session, STRANGER, False, None, 10),
        lambda session: queries.unread(session, STRANGER),
        lambda session: queries.follows(session, STRANGER, None, 10),
        lambda session: queries.follow_state(session, STRANGER, "topic", ANY),
    ):
        with pytest.raises(SignInNeeded), town.database.reading() as session:
            read(session)


@pytest.mark.parametrize(
    ("kind", "target", "code"),
    [
        ("topic", "nope", "follow-id-shape"),
        ("group", "A" * 16, "follow-id-shape"),
        ("person", "\0", "follow-id-shape"),
        ("category", "general", "follow-id-shape"),
        ("category", "news/a b", "follow-id-shape"),
        ("category", "news/\0", "follow-id-shape"),
        ("tag", "!!!", "tag-shape"),
    ],
)
def test_what_can_not_be_followed(town: Town, kind: FollowKind, target: str, code: str) -> None:
    town.people("sam")
    with pytest.raises(Invalid) as error, town.database.writing() as session:
        actions.follow(session, town.viewer("sam"), kind, target, "normal")
    assert [(fault.field, fault.code) for fault in error.value.faults] == [("id", code)]


def test_following_and_no_longer(town: Town) -> None:
    town.people("sam")
    sam = town.viewer("sam")
    town.follow("sam", "tag", "Público")
    town.follow("sam", "category", "news/how-to", "watching")
    with town.database.writing() as session:
        state = queries.follow_state(session, sam, "tag", "#PÚBLICO")
        assert state is not None
        assert (state.id, state.level) == ("público", "normal")
        actions.unfollow(session, sam, "tag", "público")
        actions.unfollow(session, sam, "tag", "público")
        assert queries.follow_state(session, sam, "tag", "público") is None
        assert [each.id for each in queries.follows(session, sam, None, 10).items] == ["news/how-to"]


def test_a_new_level_counts_from_now(town: Town) -> None:
    town.people("sam")
    moments = [clock.now() - timedelta(hours=hours) for hours in (3, 2, 1)]
    for moment, level in zip(moments, ("normal", "normal", "watching"), strict=True):
        with clock.at(moment):
            town.follow("sam", "tag", "birds", level)  # type: ignore[arg-type]
        with town.database.reading() as session:
            state = queries.follow_state(session, town.viewer("sam"), "tag", "birds")
        assert state is not None
        assert state.since == (moments[2] if level == "watching" else moments[0])


def test_follows_are_limited(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FOLLOWS_EACH", 2)
    town.people("sam")
    for tag in ("a", "b", "a"):
        town.follow("sam", "tag", tag)
    with pytest.raises(Conflict):
        town.follow("sam", "tag", "c")


def test_pages_of_follows_lose_none(town: Town) -> None:
    town.people("sam")
    targets = [f"tag_{number}" for number in range(7)]
    with clock.at(clock.now()):
        for target in targets:
            town.follow("sam", "category", f"news/{target}")
    seen: list[str] = []
    after = None
    while True:
        with town.database.reading() as session:
            page = queries.follows(session, town.viewer("sam"), after, 3)
        seen += [each.id for each in page.items]
        town.follow("sam", "tag", f"later {len(seen)}")
        after = page.next
        if after is None:
            break
    assert sorted(seen) == [f"news/{target}" for target in targets]
    for bad in ("x", "1_a:\0", "\0"):
        with pytest.raises(Invalid), town.database.reading() as session:
            queries.follows(session, town.viewer("sam"), bad, 3)


def test_pages_of_notifications_lose_none(town: Town) -> None:
    town.people("sam", "noa")
    topic = town.open_topic("sam")
    for number in range(7):
        town.reply(topic, "noa", f"Reply {number}")
    seen: list[str] = []
    after = None
    while True:
        with town.database.reading() as session:
            page = queries.notifications(session, town.viewer("sam"), False, after, 3)
        seen += [each.excerpt for each in page.items]
        town.reply(topic, "noa", "Later")
        after = page.next
        if after is None:
            break
    assert seen == [f"Reply {number}" for number in reversed(range(7))]
    for bad in ("x", "\0"):
        with pytest.raises(Invalid), town.database.reading() as session:
            queries.notifications(session, town.viewer("sam"), False, bad, 3)


def test_reading(town: Town) -> None:
    town.people("sam", "noa")
    topic = town.open_topic("sam")
    for number in range(3):
        town.reply(topic, "noa", f"Reply {number}")
    newest = town.told("sam")[0]
    told = len(town.announced())
    with town.database.writing() as session:
        # Somebody else's, and what is none, change nothing.
        assert actions.mark_read(session, town.viewer("noa"), [newest.id]) == 0
        assert actions.mark_read(session, town.viewer("sam"), ["nonsense", "\0", ANY]) == 3
    assert len(town.announced()) == told
    with town.database.writing() as session:
        assert actions.mark_read(session, town.viewer("sam"), [newest.id]) == 2
    assert newest.id not in {each.id for each in town.told("sam", unread_only=True)}
    with town.database.writing() as session:
        assert actions.mark_read(session, town.viewer("sam"), None) == 0
    assert (len(town.told("sam")), town.unread("sam")) == (3, 0)
    assert [(each.person_id, each.unread) for each in town.announced()[told:]] == [
        (town.ids["sam"], 2),
        (town.ids["sam"], 0),
    ]
    with pytest.raises(Invalid), town.database.writing() as session:
        actions.mark_read(session, town.viewer("sam"), [ANY] * 1001)


def test_each_notification_is_announced_with_the_count(town: Town) -> None:
    town.people("sam", "noa")
    topic = town.open_topic("sam")
    for number in range(2):
        town.reply(topic, "noa", f"Reply {number}")
    announced = town.announced()
    assert [each.unread for each in announced] == [1, 2]
    assert announced[-1].notification == town.told("sam")[0]
    assert announced[-1].audience() == "members"


def test_ten_thousand_followers_are_told_in_few_statements(town: Town, database: Database) -> None:
    town.people("author")
    count = 10_000
    rows = [
        {"person_id": new_id(), "kind": "tag", "target": "birds", "level": "normal", "since": clock.now()}
        for _ in range(count)
    ]
    with database.writing() as session:
        session.execute(insert(Follow), rows)
    published = ArticlePublished(article=town.article("author", tags=["birds"]), by_id=town.ids["author"])
    with statements_of(database.engine) as statements:
        town.hear(published)
    writes = [each for each in statements if each.startswith("INSERT INTO notification")]
    assert len(statements) < 80
    assert len(writes) <= 20
    assert len(town.announced()) == count


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["topic", "reply", "join", "leave", "follow"]), st.integers(0, 2), st.integers(0, 2)
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hearing_everything_again_changes_nothing(
    database: Database, steps: list[tuple[str, int, int]]
) -> None:
    with database.writing() as session, suppress(UndoError), session.begin_nested():
        town = Town(database, session)
        live_through(town, steps)
        before = everything(session)
        # As after a lost cursor, then as a rebuild does it.
        for lost in ((), REPLICAS):
            for table in lost:
                session.execute(delete(table))
            for heard, recorded in town.heard:
                town.deliver(heard, recorded)
            assert everything(session) == before
        raise UndoError


def live_through(town: Town, steps: list[tuple[str, int, int]]) -> None:
    """A little history of three people, a group and what they write."""
    names = ["sam", "noa", "uli"]
    town.people(*names)
    circle = group()
    topics = [town.open_topic("sam"), town.open_topic("noa", audience=of_group(circle))]
    for what, who, whom in steps:
        if what == "topic":
            topics.append(town.open_topic(names[who], f"Hello @{names[whom]}", tags=["birds"]))
        elif what == "reply":
            town.reply(topics[whom % len(topics)], names[who], f"Yes, @{names[whom]}")
        elif what == "follow":
            town.follow(names[who], "tag", "birds", "watching")
        else:
            town.member(circle, names[who], "member" if what == "join" else "none")


class UndoError(Exception):
    """Ends a savepoint without a trace."""


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of notify's own."""
    return {
        name: sorted((tuple(row) for row in session.execute(table.select())), key=repr)
        for name, table in Base.metadata.tables.items()
    }
