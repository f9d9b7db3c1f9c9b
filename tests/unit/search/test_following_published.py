"""A new item that followed searches match is published once, on either engine, and never by a rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from bus.eventlog.append import append_event
from bus.eventlog.read import events_after
from bus.eventlog.schema import outbox_task, relay_offset
from contracts import forum
from contracts.common import Event, Recorded, TextVersion
from contracts.notify import SavedSearchChanged
from contracts.people import GroupChanged, GroupState, GroupText, PersonChanged, PersonState
from contracts.removed_categories import TalkCategoryRemoved
from contracts.search import ItemMatched
from core import clock
from core.database import Database
from core.ids import new_id
from core.saved_searches import search_id
from core.search_server import SearchServer
from services.search.elasticsearch.service import service_on
from services.search.following import matching
from services.search.following.matching import PublishMatch
from services.search.service import SearchService
from tests.unit.harness import migrate

GROUP = "0000000000000001"
SERVICES = (SearchService, service_on(SearchServer.parse("https://search.example/space")))


class Search:
    """A search service, and the logs that it reads."""

    def __init__(self, database: Database, service: type[SearchService]) -> None:
        self.database = database
        self.service = service
        self.logs: dict[str, list[Recorded]] = {}

    def happens(self, event: Event, at: datetime | None = None) -> None:
        """Let the service handle an event."""
        producer = event.type.partition(".")[0]
        log = self.logs.setdefault(producer, [])
        log.append(
            Recorded(
                producer=producer, seq=len(log) + 1, id=new_id(), type=event.type, version=event.version,
                subject=event.subject(), audience=event.audience(), occurred_at=at or clock.now(),
                data=event.model_dump(mode="json"),
            )
        )  # fmt: skip
        self.pull(self.database)

    def pull(self, database: Database) -> None:
        """Handle what is in the logs."""
        for subscription in subscriptions_of(self.service, database):
            subscription.pull(self.fetch(subscription.producer))

    def fetch(self, producer: str) -> Any:
        """What reads a producer's log."""
        return lambda seq, limit: [each for each in self.logs.get(producer, ()) if each.seq > seq][:limit]

    def follow(self, text: str, followed: bool = True) -> None:
        """Let somebody follow a search, or everybody end it."""
        query = text if followed else ""
        self.happens(SavedSearchChanged(search_id=search_id(text), query=query, followed=followed))

    def topic(self, title: str, body: str = "words", **fields: Any) -> forum.TopicState:
        """A topic; nothing of it is handled yet."""
        state = {
            "id": new_id(), "slug": "x", "audience": "public", "category": "general", "tags": [], "author_id": "p1",
            "original_language": "en", "versions": [TextVersion(language="en", title=title, body=body)],
            "created_at": clock.now(), "first_post_id": "f",
        }  # fmt: skip
        return forum.TopicState.model_validate(state | fields)

    def opens(self, title: str, at: datetime | None = None, **fields: Any) -> forum.TopicState:
        """Handle a new topic."""
        topic = self.topic(title, **fields)
        self.happens(forum.TopicCreated(topic=topic, by_id="p1"), at)
        return topic

    def work(self, attempt: int = 1) -> None:
        """Carry out the tasks that wait, and note that they are done."""
        with self.database.writing() as session:
            open_tasks = select(outbox_task).where(
                outbox_task.c.kind == PublishMatch.kind, outbox_task.c.done_at.is_(None)
            )
            for row in session.execute(open_tasks).all():
                matching.publish(session, PublishMatch.model_validate(row.data), attempt)
                done = outbox_task.update().where(outbox_task.c.key == row.key)
                session.execute(done.values(done_at=clock.now(), data={}))

    def published(self) -> list[tuple[str, list[str]]]:
        """The subjects that were published so far, with the searches."""
        self.work()
        with self.database.reading() as session:
            events = events_after(session, "search", 0, 1_000)
        found = [ItemMatched.model_validate(each.data) for each in events]
        return [(each.subject(), each.searches) for each in found]

    def rebuild(self) -> None:
        """`space rebuild search`."""

        def prepare(database: Database) -> None:
            migrate(database, "search")
            self.service.prepare(database)

        producers = {each.producer for each in subscriptions_of(self.service, self.database)}
        fetch = {producer: self.fetch(producer) for producer in producers}
        Rebuild(
            self.database,
            lambda database: subscriptions_of(self.service, database),
            prepare,
            fetch,
            lambda _events: None,
        ).whole()


@pytest.fixture(params=SERVICES, ids=["embedded", "elasticsearch"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Search]:
    database = Database(f"sqlite:///{tmp_path}/search.sqlite")
    migrate(database, "search")
    request.param.prepare(database)
    yield Search(database, request.param)
    database.close()


def test_a_new_item_is_published_with_all_searches_that_it_matches(search: Search) -> None:
    search.follow("market walk")
    search.follow("tag:maps")
    search.follow("atlas")
    topic = search.opens("A walk to the markets", tags=["maps"])
    search.opens("Something else")
    both = sorted(map(search_id, ("market walk", "tag:maps")))
    assert search.published() == [(f"topic/{topic.id}", both)]
    with search.database.reading() as session:
        (event,) = events_after(session, "search", 0, 10)
    found = ItemMatched.model_validate(event.data)
    assert (found.titles, found.path) == ({"en": "A walk to the markets"}, f"/talk/t/{topic.id}/x")
    assert (found.author_id, found.category, found.tags) == ("p1", "general", ["maps"])
    assert event.audience == "members"  # off the public exchange


def test_changes_of_an_item_are_nothing_new(search: Search) -> None:
    topic = search.opens("Nothing")
    search.follow("market")
    changed = search.topic("The market", id=topic.id)
    for event in (forum.TopicChanged, forum.TopicRestored):
        search.happens(event(topic=changed, by_id="p1"))
    assert search.published() == []


def test_a_first_post_is_its_topic_and_a_reply_an_item_of_its_own(search: Search) -> None:
    search.follow("market")
    topic = search.opens("The market")
    for number in (1, 2):
        post = forum.PostState(
            id=new_id(), topic_id=topic.id, topic_slug="x", topic_title="The market", topic_author_id="p1",
            audience="public", category=None, tags=[], number=number, author_id="p2", language="en",
            body="To the market!", created_at=clock.now(), deleted=False,
        )  # fmt: skip
        search.happens(forum.PostCreated(post=post, by_id="p2"))
    assert [subject.partition("/")[0] for subject, _ in search.published()] == ["topic", "post"]


def test_what_nobody_follows_any_more_matches_nothing(search: Search) -> None:
    search.follow("market")
    search.opens("The market")
    search.follow("market", followed=False)
    search.opens("Another market")
    assert len(search.published()) == 1
    search.follow("market")
    search.opens("A third market")
    assert len(search.published()) == 2


def test_what_is_old_when_it_is_handled_is_not_looked_for(search: Search) -> None:
    search.follow("market")
    search.opens("The market", at=clock.now() - timedelta(days=31))
    search.opens("Another market", at=clock.now() - timedelta(days=29))
    assert len(search.published()) == 1


def test_people_and_groups_are_known_by_the_names_that_they_have(search: Search) -> None:
    person = PersonState(id="p1", name="Amira_H", display_name="", languages=[], joined_at=clock.now())
    group = GroupState(
        id=GROUP, slug="walkers", kind="hidden", language="en", created_at=clock.now(),
        texts=[GroupText(language="en", name="Walkers", about="")],
    )  # fmt: skip
    search.happens(PersonChanged(person=person))
    search.happens(GroupChanged(group=group))
    for text in ("author:amira_h", "group:walkers", "author:ben"):
        search.follow(text)
    search.opens("Hello", audience=f"group:{GROUP}")
    ((_, searches),) = search.published()
    assert searches == sorted(map(search_id, ("author:amira_h", "group:walkers")))
    with search.database.reading() as session:
        assert events_after(session, "search", 0, 10)[0].audience == f"group:{GROUP}"
    search.happens(GroupChanged(group=group.model_copy(update={"slug": "hikers"})))
    search.follow("author:amira_h", followed=False)
    search.opens("Hello again", audience=f"group:{GROUP}")
    assert len(search.published()) == 1


def test_a_topic_of_an_official_category_is_an_announcement(search: Search) -> None:
    search.follow("is:announcement")

    def announced(category: str) -> bool:
        topic = search.opens("Hello", category=category)
        return f"topic/{topic.id}" in [subject for subject, _ in search.published()]

    assert not announced("general")
    search.happens(forum.CategoryChanged(slug="general", texts=[], official=True))
    assert announced("general")
    assert not announced("other")
    search.happens(forum.CategoryChanged(slug="general", texts=[]))
    assert not announced("general")
    search.happens(forum.CategoryChanged(slug="general", texts=[], official=True))
    search.happens(TalkCategoryRemoved(slug="general", into=None, by_id="admin"))
    assert not announced("general")


def test_a_task_that_is_carried_out_again_publishes_nothing_twice(search: Search) -> None:
    search.follow("market")
    search.opens("The market")
    with search.database.writing() as session:
        row = session.execute(select(outbox_task.c.data).where(outbox_task.c.kind == PublishMatch.kind)).one()
        append_event(session, PublishMatch.model_validate(row.data).match)
    search.work(attempt=2)
    assert len(search.published()) == 1


def test_a_rebuild_publishes_nothing_and_keeps_what_was_published(search: Search) -> None:
    search.follow("market")
    first = search.opens("The market")
    assert len(search.published()) == 1
    second = search.opens("Another market")
    with search.database.writing() as session:
        session.execute(relay_offset.insert().values(name="relay", seq=1))
    search.rebuild()
    subjects = [subject for subject, _ in search.published()]
    assert subjects == [f"topic/{first.id}", f"topic/{second.id}"]  # the second task was still open
    with search.database.reading() as session:
        assert session.execute(select(relay_offset.c.seq)).scalar() == 1
        assert [each.seq for each in events_after(session, "search", 0, 10)] == [1, 2]
    third = search.opens("A third market")
    assert [subject for subject, _ in search.published()][2:] == [f"topic/{third.id}"]
