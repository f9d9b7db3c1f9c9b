"""Copies of the demo's topics are what actions would have written, and handlers made of their events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bus.eventlog.read import events_after
from contracts.forum import ChangePost, ChangeTopic, CreatePost, CreateTopic, SetTopicVersion, TopicQuery
from contracts.people import CreateGroup, Register
from core.audience import Viewer
from core.ids import numbered_id
from core.markup_cooked import cook
from core.settings import Settings
from services.forum import actions as forum
from services.forum.tables import CategoryCount
from services.notify.tables import Follow
from services.notify.tables import Post as NotifyPost
from services.notify.tables import Topic as NotifyTopic
from services.people import actions as people
from services.search.embedded import EmbeddedEngine
from space.demo import copies
from space.demo.context import SYSTEM, DemoContext, DemoUsers, writing
from space.local import LocalSystem
from space.seed import write_forum_categories
from tests import servers
from tests.unit.harness import KINDS, NOON

pytestmark = pytest.mark.slow

COPIES = 3


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Those of a system; of its services search alone is always on SQLite."""
    with ExitStack() as stack:
        urls = {}
        if request.param == "postgresql":
            urls = {
                f"SPACE_{name.upper()}_DATABASE_URL": stack.enter_context(servers.fresh_database())
                for name in ("people", "forum", "notify")
            }
        yield Settings.from_environment({"SPACE_HOME": str(tmp_path), **urls})


@pytest.fixture
def context(settings: Settings) -> Iterator[DemoContext]:
    """A small demo with two topics: a public one with a quote, an edit and a translation, and one of a group."""
    system = LocalSystem(settings)
    context = DemoContext(system, COPIES + 1, NOON, DemoUsers(system))
    write_forum_categories(system.databases["forum"], context.ago(90))
    viewers: list[Viewer] = []
    with writing(system.databases["people"]) as write:
        for name in ("Amina", "Boris"):
            command = Register.model_validate({"name": name, "password": "not used at all"})
            viewers.append(write(context.ago(80), people.register, SYSTEM, command, "").viewer)
        circle = CreateGroup(slug="circle", kind="closed", language="en", name="Circle")
        group = write(context.ago(79), people.create_group, viewers[0], circle)
    amina = viewers[0].model_copy(
        update={"groups": frozenset({group.id}), "moderates": frozenset({group.id})}
    )
    moderator = viewers[1].model_copy(update={"roles": frozenset({"moderator"})})
    with writing(system.databases["forum"]) as write:
        topic = CreateTopic(
            language="en", title="Wells", body="Who [knows](https://a.test/) wells?", category="general",
            tags=["water", "maps"],
        )  # fmt: skip
        made = write(context.ago(70), forum.create_topic, amina, topic)
        version = SetTopicVersion(language="de", title="Brunnen", body="Wer kennt Brunnen?")
        write(context.ago(69.9), forum.set_topic_version, amina, made.id, version)
        write(
            context.ago(69.8), forum.change_topic, moderator, made.id,
            ChangeTopic(revision=made.revision, pinned=True),
        )  # fmt: skip
        first = write(
            context.ago(69), forum.create_post, moderator, made.id, CreatePost(body="*I* do, @Amina.")
        )
        quote = CreatePost(body=f"> [@Boris](/talk/p/{first.id}):\n>\n> I do\n\nGood.")
        second = write(context.ago(68), forum.create_post, amina, made.id, quote)
        change = ChangePost(revision=second.revision, body=quote.body + " Very.")
        write(context.ago(67), forum.change_post, amina, second.id, change)
        inside = CreateTopic(language="en", title="Plans", body="Ours.", audience=f"group:{group.id}")
        secret = write(context.ago(50), forum.create_topic, amina, inside)
    context.topic_ids.update(wells=made.id, plans=secret.id)
    system.drain()
    yield context
    system.close()


def everything(system: LocalSystem) -> dict[str, Any]:
    """What notify and search know of the forum; without the numbers that rows happen to have."""
    found: dict[str, Any] = {}
    with system.databases["notify"].reading() as session:
        for table in (NotifyTopic, NotifyPost, Follow):
            rows = session.execute(select(table.__table__))
            # PostgreSQL orders the keys of JSON in its own way.
            found[table.__tablename__] = sorted(
                json.dumps([*row], sort_keys=True, default=str) for row in rows
            )
    with system.databases["search"].reading() as session:
        found["documents"] = list(EmbeddedEngine(session).documents())
        for query in (
            "SELECT facet, value, audience, items FROM tally WHERE items > 0",
            "SELECT id, audience, author_id, category, at, length, languages, tags FROM item",
            "SELECT id, term, col FROM item JOIN words_instance ON doc = row",
            "SELECT id, shown FROM item JOIN item_text USING (row)",
        ):
            found[query] = sorted(map(repr, session.execute(text(query))))
    return found


def test_handlers_make_of_the_events_what_was_written(context: DemoContext, tmp_path: Path) -> None:
    copies.write_copies(context)
    settings = context.system.settings
    fresh = {name: f"sqlite:///{tmp_path}/fresh-{name}.sqlite" for name in ("notify", "search")}
    other = LocalSystem(settings.model_copy(update={"databases": settings.databases | fresh}))
    try:
        other.drain()
        assert everything(context.system) == everything(other)
    finally:
        other.close()


def test_nothing_is_left_to_handle_and_nobody_is_notified(context: DemoContext) -> None:
    before = context.system.services.notify.log_end()
    copies.write_copies(context)
    assert context.system.unapplied() == 0
    assert context.system.drain() == 0
    assert context.system.services.notify.log_end() == before


def test_a_copy_is_a_topic_like_the_original(context: DemoContext) -> None:
    copies.write_copies(context)
    api, reader = context.system.services.forum, Viewer()
    topics = api.topics(reader, TopicQuery()).items
    assert sorted(topic.title for topic in topics) == [
        "Wells",
        *(f"Wells ({n})" for n in range(2, COPIES + 2)),
    ]
    assert [topic.pinned for topic in topics] == [True, False, False, False]
    original, copy = (api.topic(reader, topic.id, None) for topic in topics[:2])
    assert (copy.title, copy.slug) == ("Wells (2)", "wells-2")
    assert copy.created_at == original.created_at - timedelta(days=0.37)
    assert [version.title for version in copy.versions] == ["Wells (2)", "Brunnen"]
    posts = api.posts(reader, copy.id, None, 50).items
    assert [post.number for post in posts] == [1, 2, 3]
    assert f"/talk/p/{posts[1].id}" in posts[2].body
    for post in posts:
        assert post.html == cook(post.body, post.language).html
    assert len(api.post_revisions(reader, posts[2].id, True, None, 10).items) == 1
    with context.system.databases["forum"].reading() as session:
        counts = {row.audience: row.topics for row in session.scalars(select(CategoryCount))}
    assert counts == {"public": COPIES + 1}
    opened = Counter(f"{topic.created_at:%Y-%m}" for topic in topics)
    assert {each.month: each.items for each in api.topic_months(reader)} == opened


def test_the_log_has_no_gaps_and_its_events_no_ids_of_the_original(context: DemoContext) -> None:
    before = context.system.services.forum.log_end()
    copies.write_copies(context)
    with context.system.databases["forum"].reading() as session:
        events = events_after(session, "forum", 0, 1000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    public = [event.public_seq for event in events if event.audience == "public"]
    assert public == list(range(1, len(public) + 1))
    assert len({event.id for event in events}) == len(events)
    originals = set(context.topic_ids.values())
    assert not [event for event in events[before:] if any(id in repr(event.data) for id in originals)]


def test_the_same_copies_have_the_same_ids(context: DemoContext) -> None:
    assert numbered_id(NOON, 7) == numbered_id(NOON, 7)
    assert numbered_id(NOON, 7) < numbered_id(NOON, 8) < numbered_id(NOON + timedelta(milliseconds=1), 0)
    with pytest.raises(ValueError, match="too large"):
        numbered_id(NOON, 1 << 31)
