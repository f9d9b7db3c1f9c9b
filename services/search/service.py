"""The entrypoints of the search service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bus.entrypoints import call, on
from bus.service import Service
from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
from contracts.common import Recorded
from contracts.events import EventChanged, EventCreated, EventDeleted, EventRecalculated, EventRestored
from contracts.forum import (
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
)
from contracts.people import GroupChanged, PersonChanged
from contracts.search import SearchApi, SearchQuery, SearchResult, Suggestion, TagLine
from core.audience import Viewer
from services.search import handlers, queries


class SearchService(Service):
    """Calls and event handlers; `contracts.search.SearchApi` documents the calls."""

    name = "search"
    api = SearchApi
    derived = True

    @call
    def search(self, viewer: Viewer, query: SearchQuery) -> SearchResult:
        return self.read(queries.search, viewer, query)

    @call
    def suggest(self, viewer: Viewer, prefix: str, limit: int) -> list[Suggestion]:
        return self.read(queries.suggest, viewer, prefix, limit)

    @call
    def tags(self, viewer: Viewer, prefix: str, limit: int) -> list[TagLine]:
        return self.read(queries.tags, viewer, prefix, limit)

    @on(ArticlePublished)
    def article_published(self, session: Session, event: ArticlePublished, recorded: Recorded) -> None:
        handlers.index_article(session, event.article)

    @on(ArticleChanged)
    def article_changed(self, session: Session, event: ArticleChanged, recorded: Recorded) -> None:
        handlers.index_article(session, event.article)

    @on(ArticleDeleted)
    def article_deleted(self, session: Session, event: ArticleDeleted, recorded: Recorded) -> None:
        handlers.remove(session, "article", event.article.id)

    @on(ArticleRestored)
    def article_restored(self, session: Session, event: ArticleRestored, recorded: Recorded) -> None:
        handlers.index_article(session, event.article)

    @on(TopicCreated)
    def topic_created(self, session: Session, event: TopicCreated, recorded: Recorded) -> None:
        handlers.index_topic(session, event.topic)

    @on(TopicChanged)
    def topic_changed(self, session: Session, event: TopicChanged, recorded: Recorded) -> None:
        handlers.index_topic(session, event.topic)

    @on(TopicDeleted)
    def topic_deleted(self, session: Session, event: TopicDeleted, recorded: Recorded) -> None:
        handlers.remove(session, "topic", event.topic.id)

    @on(TopicRestored)
    def topic_restored(self, session: Session, event: TopicRestored, recorded: Recorded) -> None:
        handlers.index_topic(session, event.topic)

    @on(PostCreated)
    def post_created(self, session: Session, event: PostCreated, recorded: Recorded) -> None:
        handlers.index_post(session, event.post)

    @on(PostChanged)
    def post_changed(self, session: Session, event: PostChanged, recorded: Recorded) -> None:
        handlers.index_post(session, event.post)

    @on(PostDeleted)
    def post_deleted(self, session: Session, event: PostDeleted, recorded: Recorded) -> None:
        handlers.index_post(session, event.post)

    @on(PostRestored)
    def post_restored(self, session: Session, event: PostRestored, recorded: Recorded) -> None:
        handlers.index_post(session, event.post)

    @on(EventCreated)
    def event_created(self, session: Session, event: EventCreated, recorded: Recorded) -> None:
        handlers.index_event(session, event.event)

    @on(EventChanged)
    def event_changed(self, session: Session, event: EventChanged, recorded: Recorded) -> None:
        handlers.index_event(session, event.event)

    @on(EventRecalculated)
    def event_recalculated(self, session: Session, event: EventRecalculated, recorded: Recorded) -> None:
        handlers.index_event(session, event.event)

    @on(EventDeleted)
    def event_deleted(self, session: Session, event: EventDeleted, recorded: Recorded) -> None:
        handlers.remove(session, "event", event.event.id)

    @on(EventRestored)
    def event_restored(self, session: Session, event: EventRestored, recorded: Recorded) -> None:
        handlers.index_event(session, event.event)

    @on(GroupChanged)
    def group_changed(self, session: Session, event: GroupChanged, recorded: Recorded) -> None:
        handlers.index_group(session, event.group)

    @on(PersonChanged)
    def person_changed(self, session: Session, event: PersonChanged, recorded: Recorded) -> None:
        handlers.index_person(session, event.person)


if TYPE_CHECKING:
    _: type[SearchApi] = SearchService
