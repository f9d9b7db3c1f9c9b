"""The entrypoints of the search service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bus.entrypoints import handles, reads
from bus.service import Service
from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
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
from contracts.search import SearchApi
from services.search import handlers, queries


class SearchService(Service):
    """Calls and event handlers; `contracts.search.SearchApi` documents the calls."""

    name = "search"
    api = SearchApi
    derived = True

    search = reads(queries.search)
    suggest = reads(queries.suggest)
    tags = reads(queries.tags)
    index_version = reads(queries.index_version)

    article_published = handles(ArticlePublished, handlers.article_changed)
    article_changed = handles(ArticleChanged, handlers.article_changed)
    article_deleted = handles(ArticleDeleted, handlers.article_removed)
    article_restored = handles(ArticleRestored, handlers.article_changed)
    topic_created = handles(TopicCreated, handlers.topic_changed)
    topic_changed = handles(TopicChanged, handlers.topic_changed)
    topic_deleted = handles(TopicDeleted, handlers.topic_removed)
    topic_restored = handles(TopicRestored, handlers.topic_changed)
    post_created = handles(PostCreated, handlers.post_changed)
    post_changed = handles(PostChanged, handlers.post_changed)
    post_deleted = handles(PostDeleted, handlers.post_changed)
    post_restored = handles(PostRestored, handlers.post_changed)
    event_created = handles(EventCreated, handlers.event_changed)
    event_changed = handles(EventChanged, handlers.event_changed)
    event_recalculated = handles(EventRecalculated, handlers.event_changed)
    event_deleted = handles(EventDeleted, handlers.event_removed)
    event_restored = handles(EventRestored, handlers.event_changed)
    group_changed = handles(GroupChanged, handlers.group_changed)
    person_changed = handles(PersonChanged, handlers.person_changed)


if TYPE_CHECKING:
    _: type[SearchApi] = SearchService
