"""The entrypoints of the search service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from nameko.timer import timer
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.entrypoints import call, handles, on, reads, task_handler
from bus.service import Service
from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
from contracts.common import Event, Recorded
from contracts.events import (
    EventChanged,
    EventCreated,
    EventDeleted,
    EventRecalculated,
    EventRestored,
    NextDateChanged,
)
from contracts.forum import (
    CategoryChanged,
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
)
from contracts.notify import SavedSearchChanged
from contracts.people import GroupChanged, PersonChanged
from contracts.removed_categories import TalkCategoryRemoved
from contracts.search import SearchApi, SearchQuery, SearchResult
from core.audience import Viewer
from core.database import Database
from core.settings import SettingsError
from services.search import handlers, official, queries
from services.search.elasticsearch.tables import ElasticsearchIndex
from services.search.embedded import EmbeddedEngine, upgrade
from services.search.embedded.writing import Batch
from services.search.engine import Writer
from services.search.following import matching
from services.search.following.matching import PublishMatch
from services.search.places import Places, nowhere

E = TypeVar("E", bound=Event)

RENEWAL_SECONDS = 3600
"""How often it is looked whether the index is of this release; the first time at the start."""


def indexes(
    event: type[E], handler: Callable[[Writer, E, Recorded], None], *, new: bool = False
) -> Callable[[Any, Session, Sequence[tuple[E, Recorded]]], None]:
    """A handler of consecutive events, which writes to the service's engine. `new`: by such an event an item is
    published, which followed searches may match."""

    def method(self: SearchService, session: Session, pairs: Sequence[tuple[E, Recorded]]) -> None:
        found = []
        with self.writing_to(session) as writer_at:
            for event, recorded in pairs:
                writer = matching.NotingWriter(session, writer_at(recorded))
                handler(writer, event, recorded)
                found += [(document, recorded) for document in writer.documents]
        if new:
            matching.match_new(session, found, self.places)

    return on(event, many=True)(method)


class SearchService(Service):
    """Calls and event handlers; `contracts.search.SearchApi` documents the calls.

    Its engine is the embedded one; `services.search.elasticsearch.service` has the other.
    """

    name = "search"
    api = SearchApi
    derived = True
    places: ClassVar[Places] = nowhere
    """The places that searches name."""

    @call
    def search(self, viewer: Viewer, query: SearchQuery) -> SearchResult:
        """See `contracts.search.SearchApi`."""
        return self.read(queries.search, viewer, query, self.places)

    suggest = reads(queries.suggest)
    tags = reads(queries.tags)
    index_version = reads(queries.index_version)

    @contextmanager
    def writing_to(self, session: Session) -> Iterator[Callable[[Recorded], Writer]]:
        """For each event what its handler writes to, in the transaction of the session."""
        batch = Batch(EmbeddedEngine(session))
        yield lambda _recorded: batch
        batch.write()

    @timer(interval=RENEWAL_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def renew_index(self) -> None:
        """Bring the embedded index up to date after an upgrade, while it is in use."""
        upgrade.renew(self.resources.database)

    @classmethod
    def prepare(cls, database: Database) -> None:
        """Refuse a database that is not SQLite, or whose index is in Elasticsearch."""
        if not database.sqlite:
            raise SettingsError(
                "The embedded index of search needs SQLite: set SPACE_SEARCH_DATABASE_URL to sqlite:///…, or unset it,"
                " or name an Elasticsearch in SPACE_SEARCH_URL"
            )
        with database.reading() as session:
            if session.execute(select(ElasticsearchIndex.name)).first() and queries.index_version(session):
                raise SettingsError(
                    "SPACE_SEARCH_URL is embedded:, and the index of search is in Elasticsearch."
                    " Make the embedded one: space rebuild search"
                )

    article_published = indexes(ArticlePublished, handlers.article_changed, new=True)
    article_changed = indexes(ArticleChanged, handlers.article_changed)
    article_deleted = indexes(ArticleDeleted, handlers.article_removed)
    article_restored = indexes(ArticleRestored, handlers.article_changed)
    topic_created = indexes(TopicCreated, handlers.topic_changed, new=True)
    topic_changed = indexes(TopicChanged, handlers.topic_changed)
    topic_deleted = indexes(TopicDeleted, handlers.topic_removed)
    topic_restored = indexes(TopicRestored, handlers.topic_changed)
    post_created = indexes(PostCreated, handlers.post_changed, new=True)
    post_changed = indexes(PostChanged, handlers.post_changed)
    post_deleted = indexes(PostDeleted, handlers.post_changed)
    post_restored = indexes(PostRestored, handlers.post_changed)
    event_created = indexes(EventCreated, handlers.event_changed, new=True)
    event_changed = indexes(EventChanged, handlers.event_changed)
    event_recalculated = indexes(EventRecalculated, handlers.event_changed)
    event_deleted = indexes(EventDeleted, handlers.event_removed)
    event_restored = indexes(EventRestored, handlers.event_changed)
    next_date_changed = indexes(NextDateChanged, handlers.event_changed)
    group_changed = indexes(GroupChanged, handlers.group_changed)
    person_changed = indexes(PersonChanged, handlers.person_changed)
    saved_search_changed = handles(SavedSearchChanged, matching.search_changed)
    category_changed = handles(CategoryChanged, official.category_changed)
    category_removed = handles(TalkCategoryRemoved, official.category_removed)
    group_named = handles(GroupChanged, matching.group_changed)

    @task_handler(PublishMatch)
    def publish_match(self, task: PublishMatch, _key: str, attempt: int) -> None:
        """Publish that a new item matches searches that people follow."""
        self.write(matching.publish, task, attempt)


def service_with(places: Places) -> type[SearchService]:
    """The service class that knows these places by their names."""
    return type("SearchService", (SearchService,), {"places": places})


if TYPE_CHECKING:
    _: type[SearchApi] = SearchService
