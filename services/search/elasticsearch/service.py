"""The entrypoints of the search service whose index is in Elasticsearch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from nameko.timer import timer
from sqlalchemy.orm import Session

from bus.entrypoints import call, reads, task_handler
from bus.outbox.tasks import Outage, PermanentFailure
from contracts.common import Recorded
from contracts.errors import Unavailable
from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from core.audience import Viewer
from core.database import Database
from core.search_server import SearchServer
from core.settings import SettingsError
from services.search import queries, rules
from services.search.analysis import VERSION
from services.search.elasticsearch import store, writing
from services.search.elasticsearch.connection import Connection, connect
from services.search.elasticsearch.engine import ElasticsearchEngine, IndexLost, take_over
from services.search.elasticsearch.writing import SendDocuments, Sender
from services.search.engine import Writer
from services.search.places import Places, nowhere
from services.search.service import RENEWAL_SECONDS, SearchService

log = logging.getLogger(__name__)

CARE_SECONDS = 60
"""How often the index is looked after."""


def index_version(session: Session) -> int:
    """The sum of the offsets up to which events are in the index. An event that waits does not count yet."""
    return queries.index_version(session) - store.pending_number(session)


class ElasticsearchService(SearchService):
    """Search with its index in the cluster `server`; each subclass has one.

    The service's own database has the offsets, the names of authors, and what the index has yet to get.
    """

    server: ClassVar[SearchServer]
    sender: ClassVar[Sender]

    @call
    def search(self, viewer: Viewer, query: SearchQuery) -> SearchResult:
        """See `contracts.search.SearchApi`. Raises `Unavailable` while Elasticsearch is away."""
        rules.check(query)
        return self._engine().search(query, rules.reader(viewer))

    @call
    def suggest(self, viewer: Viewer, prefix: str, limit: int) -> list[Suggestion]:
        """See `contracts.search.SearchApi`."""
        return self._engine().suggest(prefix, limit, rules.reader(viewer))

    @call
    def tags(self, viewer: Viewer, prefix: str, limit: int) -> list[TagLine]:
        """See `contracts.search.SearchApi`."""
        return self._engine().tags(prefix, limit, rules.reader(viewer))

    index_version = reads(index_version)

    @task_handler(SendDocuments)
    def send_documents(self, _task: SendDocuments, _key: str, _attempt: int) -> None:
        """Send what the index has yet to get."""
        database = self.resources.database
        self.sender.run(lambda: writing.send_pending(database, self.engine_of))

    @timer(interval=CARE_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def look_after_index(self) -> None:
        """Create the index if it is new, send what was put off by an import, and delete the indexes that a rebuild has
        replaced."""
        database = self.resources.database
        try:
            writing.ensure_created(database, self.engine_of)
            self.sender.run(lambda: writing.send_pending(database, self.engine_of))
            with database.reading() as session:
                index = store.index_of(session)
            if index is not None and index.created:
                take_over(self.connection(), index.name)
        except Unavailable:
            log.warning("Elasticsearch is away: searches are refused, and what changes waits")
        except (Outage, PermanentFailure) as error:
            log.error("The index of search needs an operator: %s", error)

    @timer(interval=RENEWAL_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def renew_index(self) -> None:
        """Bring an index up to date that another version of the analysis has made, while it is in use."""
        database = self.resources.database
        with database.reading() as session:
            index = store.index_of(session)
        if index is None or not index.created or index.analysis == VERSION:
            return
        log.warning("The index of search was made by another release: its documents are analysed again")
        try:
            writing.ensure_created(
                database, self.engine_of
            )  # with fields that are new, for the mapping is strict
            refused = self._engine().renew()
        except Unavailable:
            log.warning("Elasticsearch is away: the index is renewed later")
            return
        except (Outage, PermanentFailure, IndexLost) as error:
            log.error("The index of search needs an operator: %s", error)
            return
        if refused:
            log.error("The index refuses %d documents, such as %s", len(refused), refused[0].reason)
            return
        with database.writing() as session:
            store.note_renewed(session, index.name)

    @contextmanager
    def writing_to(self, session: Session) -> Iterator[Callable[[Recorded], Writer]]:
        """See `SearchService.writing_to`."""
        with writing.put_off(session) as at:
            yield at

    @classmethod
    def prepare(cls, database: Database) -> None:
        """Give a new database its index. Refuses one whose index is the embedded one."""
        with database.writing() as session:
            index = store.index_of(session)
            if index is None:
                if queries.index_version(session):
                    raise SettingsError(
                        "SPACE_SEARCH_URL names an Elasticsearch, and the index of search is the embedded one."
                        " Make the new one: space rebuild search"
                    )
                store.begin_index(session)

    @classmethod
    def flush(cls, database: Database) -> None:
        """See `Service.flush`."""
        writing.send_pending(database, cls.engine_of)

    @classmethod
    def connection(cls) -> Connection:
        """The connection of this process."""
        return connect(cls.server)

    @classmethod
    def engine_of(cls, session: Session) -> ElasticsearchEngine:
        """The engine on the index of a session's database. Raises `Unavailable` if that has none."""
        index = store.index_of(session)
        if index is None:
            raise Unavailable
        return ElasticsearchEngine(cls.connection(), index.name, lambda names: store.authors(session, names))

    def _engine(self) -> ElasticsearchEngine:
        """The engine for a call, which holds no connection of the database while it waits for Elasticsearch."""
        database = self.resources.database

        def authors(names: Sequence[str]) -> dict[str, list[str]]:
            with database.reading() as session:
                return store.authors(session, names)

        with database.reading() as session:
            index = store.index_of(session)
        if index is None:
            raise Unavailable
        return ElasticsearchEngine(self.connection(), index.name, authors, self.places)


def service_on(server: SearchServer, places: Places = nowhere) -> type[ElasticsearchService]:
    """The service class whose index is on a server, and which knows these places by their names."""
    fields = {"server": server, "sender": Sender(), "places": places}
    return type("ElasticsearchService", (ElasticsearchService,), fields)
