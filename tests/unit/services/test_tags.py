"""Tags that administrators replace: in blog, forum and events alike, and everywhere or not yet."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from bus.eventlog.schema import outbox_task
from bus.tag_replacement import ReplaceTagTask, carry_out
from contracts.blog import CreateArticle
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.events import CreateEvent
from contracts.forum import CreateTopic
from contracts.tags import TagReplaced
from core.audience import PUBLIC
from core.database import Database
from services.blog import actions as blog
from services.blog.actions import tags as blog_tags
from services.events import actions as events
from services.events.actions import tags as event_tags
from services.forum import actions as forum
from services.forum.actions import tags as forum_tags
from tests.unit.harness import NOON, meet, migrate
from tests.unit.users import ADMIN, AMIRA, CIRCLE, INSIDER

pytestmark = pytest.mark.slow

SERVICES: dict[str, ModuleType] = {"blog": blog_tags, "forum": forum_tags, "events": event_tags}
RECORDED = Recorded(
    producer="people", seq=1, id="event00000000000", type="people.tag.replaced", version=1, subject="site/tags",
    audience="members", occurred_at=NOON, data={},
)  # fmt: skip


class Store:
    """The database of one service, with something that has tags."""

    def __init__(self, name: str, database: Database) -> None:
        self.name, self.database, self.tags = name, database, SERVICES[name]

    def write(self, session: Session, *tags: str, audience: str = PUBLIC) -> Any:
        """One more item with these tags, as the service shows it."""
        texts = {"language": "en", "title": "One", "body": "Text.", "tags": list(tags)}
        if audience != PUBLIC:
            texts["audience"] = audience
        if self.name == "blog":
            return blog.create_article(session, AMIRA, CreateArticle.model_validate(texts))
        if self.name == "forum":
            command = CreateTopic.model_validate({**texts, "category": "general"})
            return forum.create_topic(session, INSIDER if audience == CIRCLE else AMIRA, command)
        where = {
            "start": "2030-06-01T18:00",
            "minutes": 60,
            "timezone": "UTC",
            "online_url": "https://a.example",
        }
        return events.create_event(
            session, INSIDER if audience == CIRCLE else AMIRA, CreateEvent.model_validate({**texts, **where})
        )

    def begin(self, session: Session, tag: str, into: str | None, change: str = "change0000000000") -> None:
        event = TagReplaced(change_id=change, tag=tag, into=into)
        self.tags.tag_replaced(session, event, RECORDED)

    def carry_out(self) -> list[Recorded]:
        """Carry out what was started; returns the events."""
        with self.database.reading() as session:
            before = log_end(session)
            tasks = [ReplaceTagTask.model_validate(row.data) for row in session.execute(outbox_task.select())]
        for task in tasks:
            carry_out(self.database, self.tags.tagged, task)
        with self.database.reading() as session:
            return events_after(session, self.name, before, 500)

    def replace(self, tag: str, into: str | None, change: str = "change0000000000") -> list[Recorded]:
        with self.database.writing() as session:
            self.begin(session, tag, into, change)
        return self.carry_out()


@pytest.fixture(params=SERVICES)
def store(request: pytest.FixtureRequest, empty_database: Database) -> Store:
    migrate(empty_database, request.param)
    if request.param == "forum":
        with empty_database.writing() as session:
            forum.set_category(session, ADMIN, "general", "en", {"en": ("General", "")})
    return Store(request.param, empty_database)


def states(told: list[Recorded]) -> list[list[str]]:
    """The tags of the items in these events."""
    items = [each.data.get("article") or each.data.get("topic") or each.data.get("event") for each in told]
    return [item["tags"] for item in items if item]


def test_everything_gets_the_other_tag_in_its_place(store: Store) -> None:
    with store.database.writing() as session:
        store.write(session, "photo", "maps")
        store.write(session, "photos", "photo")
        store.write(session, "maps")
    told = store.replace("photo", "photos")
    assert sorted(states(told)) == [["photos"], ["photos", "maps"]]
    assert {each.data["by_id"] for each in told[:-1]} == {""}
    assert (told[-1].type, told[-1].data["items"]) == (f"{store.name}.tag.replaced", 2)
    with store.database.writing() as session:
        assert len(store.tags.tagged(session).rows.some_with("photos", 9)) == 2
        assert store.write(session, "Photo", "photos").tags == ["photos"], "who writes it gets the other"


def test_nobody_learns_how_many_items_of_groups_had_a_tag(store: Store) -> None:
    if store.name == "blog":
        pytest.skip("articles are no group's")
    with store.database.writing() as session:
        store.write(session, "photo")
        store.write(session, "photo", audience=CIRCLE)
    told = store.replace("photo", "photos")
    assert (states(told), told[-1].data["items"]) == ([["photos"], ["photos"]], 1)


def test_a_removed_tag_is_gone_and_may_come_again(store: Store) -> None:
    with store.database.writing() as session:
        store.write(session, "photo")
        store.write(session, "photo", "maps")
    assert sorted(states(store.replace("photo", None))) == [[], ["maps"]]
    with store.database.writing() as session:
        assert store.write(session, "photo").tags == ["photo"]


def test_changes_follow_each_other_there_and_back(store: Store) -> None:
    with store.database.writing() as session:
        store.write(session, "a")
    store.replace("a", "b", "change-one")
    store.replace("b", "c", "change-two")
    with store.database.writing() as session:
        assert store.write(session, "a", "b").tags == ["c"]
    store.replace("c", "a", "change-three")
    with store.database.writing() as session:
        assert store.write(session, "a", "b", "c").tags == ["a"]
        assert len(store.tags.tagged(session).rows.some_with("a", 9)) == 3


def test_it_goes_on_where_it_was_interrupted(store: Store) -> None:
    with store.database.writing() as session:
        for _ in range(3):
            store.write(session, "photo")
        store.begin(session, "photo", "photos")
        tagged = store.tags.tagged(session)
        tagged.change(tagged.rows.some_with("photo", 1), lambda tags: ["photos"])
    told = store.carry_out()
    assert (len(states(told)), told[-1].data["items"]) == (2, 3)
    assert len(store.carry_out()) == 1, "once more only says that it is done"


def test_what_is_deleted_has_the_other_tag_when_it_is_restored(store: Store) -> None:
    with store.database.writing() as session:
        item = store.write(session, "photo")
        works: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
            "blog": (blog.delete_article, blog.restore_article),
            "forum": (forum.delete_topic, forum.restore_topic),
            "events": (events.delete_event, events.restore_event),
        }
        delete, restore = works[store.name]
        delete(session, AMIRA, item.id, Delete())
    assert states(store.replace("photo", "photos")) == []
    with store.database.writing() as session:
        assert restore(session, AMIRA, item.id).tags == ["photos"]


def test_what_is_written_at_the_same_moment_gets_the_other_tag(store: Store) -> None:
    def write(session: Session) -> None:
        store.write(session, "photo")

    assert meet(store.database, write, lambda session: store.begin(session, "photo", "photos")) is None
    told = store.carry_out()
    assert (states(told), told[-1].data["items"]) == ([["photos"]], 1)


def test_who_comes_later_writes_the_other_tag(store: Store) -> None:
    written: list[list[str]] = []

    def write(session: Session) -> None:
        written.append(store.write(session, "photo").tags)

    assert meet(store.database, lambda session: store.begin(session, "photo", "photos"), write) is None
    assert written == [["photos"]]
