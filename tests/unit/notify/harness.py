"""Builds events of other services by their contracts and gives them to the handlers that notify declares."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bus.consumer.runner import handlers_of
from bus.eventlog.read import events_after
from contracts.blog import ArticleState
from contracts.common import Event, Recorded, TextVersion
from contracts.events import EventState
from contracts.forum import PostCreated, PostState, TopicCreated, TopicState
from contracts.notify import FollowKind, FollowsChanged, Level, NotificationView, Notified, PeopleNotified
from contracts.people import (
    GroupKind,
    GroupState,
    GroupText,
    MembershipChanged,
    MemberState,
    PersonChanged,
    PersonState,
)
from core import clock
from core.audience import Viewer, group_audience
from core.database import Database
from core.ids import new_id
from core.markup import mentions
from services.notify import actions, queries
from services.notify.service import NotifyService

HANDLERS = handlers_of(NotifyService)


class NotifyHarness:
    """Refers to people by name. Each event is handled immediately, in its own transaction or in `session`."""

    def __init__(self, database: Database, session: Session | None = None) -> None:
        self.database = database
        self._session = session
        self.ids: dict[str, str] = {}
        self.groups: dict[str, set[str]] = {}
        self.handled: list[tuple[Event, Recorded]] = []

    def handle(self, event: Event, at: datetime | None = None) -> Recorded:
        """Let notify handle `event`."""
        producer = event.type.split(".", 1)[0]
        recorded = Recorded(
            producer=producer,
            seq=len(self.handled) + 1,
            id=new_id(),
            type=event.type,
            version=event.version,
            subject=event.subject(),
            audience=event.audience(),
            occurred_at=at or clock.now(),
            data=event.model_dump(mode="json"),
        )
        self.handled.append((event, recorded))
        self.give(event, recorded)
        return recorded

    def give(self, event: Event, recorded: Recorded) -> None:
        """Call the handlers of an event that `handle` recorded before."""
        with self._writing() as session:
            for model, handler in HANDLERS[recorded.producer][recorded.type]:
                handler(session, model.model_validate(recorded.data), recorded)

    def _writing(self) -> AbstractContextManager[Session]:
        return self.database.writing() if self._session is None else nullcontext(self._session)

    # People

    def person(self, name: str, *languages: str) -> str:
        """Sign up a person; returns their id."""
        self.ids[name] = new_id()
        state = PersonState(
            id=self.ids[name], name=name, display_name=name, languages=list(languages), joined_at=clock.now()
        )
        self.handle(PersonChanged(person=state))
        return self.ids[name]

    def people(self, *names: str) -> list[str]:
        """Sign up several people; returns their ids."""
        return [self.person(name) for name in names]

    def viewer(self, name: str) -> Viewer:
        """The viewer of a person, with the groups that they are in."""
        groups = frozenset(group for group, inside in self.groups.items() if name in inside)
        return Viewer(person_id=self.ids[name], name=name, groups=groups)

    def member(self, group: GroupState, name: str, state: MemberState, by: str | None = None) -> None:
        """Change a person's membership of a group."""
        inside = self.groups.setdefault(group.id, set())
        (inside.add if state in ("member", "moderator") else inside.discard)(name)
        self.handle(
            MembershipChanged(
                group=group,
                person_id=self.ids[name],
                person_name=name,
                state=state,
                by_id=self.ids[by or name],
            )
        )

    def follow(self, name: str, kind: FollowKind, target: str, level: Level = "normal") -> None:
        """Let a person follow a target."""
        with self._writing() as session:
            actions.follow(session, self.viewer(name), kind, target, level)

    def notifications(self, name: str, unread_only: bool = False) -> list[NotificationView]:
        """A person's notifications, newest first."""
        with self.database.reading() as session:
            return queries.notifications(session, self.viewer(name), unread_only, None, 100).items

    def unread(self, name: str) -> int:
        """A person's unread count."""
        with self.database.reading() as session:
            return queries.unread(session, self.viewer(name))

    def reasons(self, *names: str) -> dict[str, list[str]]:
        """The reasons of each person's newest notification; people without any are left out."""
        return {name: list(notified[0].reasons) for name in names if (notified := self.notifications(name))}

    def published(self) -> list[Notified]:
        """Every `Notified` event so far, oldest first."""
        return [Notified.model_validate(data) for data in self._events(Notified.type)]

    def crowds(self) -> list[list[str]]:
        """The people of every `PeopleNotified` event so far."""
        return [list(data["person_ids"]) for data in self._events(PeopleNotified.type)]

    def follows_changed(self) -> list[str]:
        """The names of whose follows changed, of every `FollowsChanged` event so far."""
        names = {id: name for name, id in self.ids.items()}
        return [names[id] for data in self._events(FollowsChanged.type) for id in data["person_ids"]]

    def _events(self, type_: str) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            found = events_after(session, "notify", 0, 100_000)
        return [each.data for each in found if each.type == type_]

    # What they do

    def open_topic(self, author: str, body: str = "Hello.", **fields: Any) -> TopicState:
        """Create a topic with its first post."""
        at = fields.pop("at", None)
        titles = fields.pop("titles", {"en": "A topic"})
        original = next(iter(titles))
        topic = TopicState.model_validate(
            {
                "id": new_id(),
                "slug": "a-topic",
                "audience": "public",
                "category": "general",
                "tags": [],
                "author_id": self.ids[author],
                "original_language": original,
                "versions": versions(titles, body),
                "created_at": at or clock.now(),
                "first_post_id": new_id(),
                **fields,
            }
        )
        self.handle(TopicCreated(topic=topic, by_id=self.ids[author]), at)
        first = post_of(topic, 1, self.ids[author], body, id=topic.first_post_id, language=original)
        self.handle(PostCreated(post=first, by_id=self.ids[author]), at)
        return topic

    def reply(
        self, topic: TopicState, author: str, body: str, at: datetime | None = None, **fields: Any
    ) -> PostState:
        """Create a reply."""
        post = post_of(topic, fields.pop("number", 2), self.ids[author], body, **fields)
        self.handle(PostCreated(post=post, by_id=self.ids[author]), at)
        return post

    def article(self, author: str, **fields: Any) -> ArticleState:
        """A published article; no event is handled yet."""
        titles = fields.pop("titles", {"en": "An article"})
        body = fields.pop("body", "It begins.")
        return ArticleState.model_validate(
            {
                "id": new_id(),
                "slug": "an-article",
                "status": "published",
                "audience": "public",
                "author_id": self.ids[author],
                "contributor_ids": [],
                "category": "community",
                "tags": [],
                "original_language": next(iter(titles)),
                "versions": versions(titles, body),
                "created_at": clock.now(),
                "changed_at": clock.now(),
                **fields,
            }
        )

    def event(self, author: str, **fields: Any) -> EventState:
        """An event that starts in ten days; no event is handled yet."""
        start = clock.now() + timedelta(days=10)
        return EventState.model_validate(
            {
                "id": new_id(),
                "slug": "an-event",
                "audience": "public",
                "author_id": self.ids[author],
                "status": "confirmed",
                "format": "online",
                "original_language": "en",
                "versions": versions({"en": "An event"}, fields.pop("body", "Come.")),
                "spoken": [],
                "tags": [],
                "starts_at": start,
                "ends_at": start + timedelta(hours=1),
                "timezone": "UTC",
                "local_start": start.replace(tzinfo=None),
                "minutes": 60,
                "online_url": "https://meet.example.org/a",
                "sequence": 0,
                "created_at": clock.now(),
                "changed_at": clock.now(),
                **fields,
            }
        )


def group(kind: GroupKind = "hidden", slug: str = "secret") -> GroupState:
    """A group with a name in English and German."""
    texts = [
        GroupText(language="en", name="The group", about=""),
        GroupText(language="de", name="Die Gruppe", about=""),
    ]
    return GroupState(id=new_id(), slug=slug, kind=kind, language="en", texts=texts, created_at=clock.now())


def of_group(state: GroupState) -> str:
    """The audience of a group's content."""
    return group_audience(state.id)


def versions(titles: dict[str, str], body: str) -> list[TextVersion]:
    """A version for each title, all with the same body."""
    return [TextVersion(language=language, title=title, body=body) for language, title in titles.items()]


def post_of(topic: TopicState, number: int, author_id: str, body: str, **fields: Any) -> PostState:
    """A post of a topic."""
    return PostState.model_validate(
        {
            "id": new_id(),
            "topic_id": topic.id,
            "topic_slug": topic.slug,
            "topic_title": topic.versions[0].title,
            "topic_author_id": topic.author_id,
            "audience": topic.audience,
            "category": topic.category,
            "tags": topic.tags,
            "article_id": topic.article_id,
            "number": number,
            "author_id": author_id,
            "language": "en",
            "body": body,
            "mentions": mentions(body),
            "created_at": clock.now(),
            **fields,
        }
    )


def reasons_of(notifications: Sequence[NotificationView]) -> list[list[str]]:
    """The reasons of each notification."""
    return [list(each.reasons) for each in notifications]
