"""An index of its own in the tests' Elasticsearch, which behaves as the port says: what is written can be found."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from core.search_server import SearchServer
from services.search.elasticsearch.connection import Connection
from services.search.elasticsearch.engine import ElasticsearchEngine, drop
from services.search.engine import Document, Key
from services.search.folding import fold
from tests import servers
from tests.unit.search.near_conformance import places


class WrittenIndex(ElasticsearchEngine):
    """`Engine` on one index; each write is newer than the one before."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._version = 0
        self._names: dict[str, str] = {}
        super().__init__(connection, name, self._authors_named, places)

    def index(self, documents: Sequence[Document]) -> None:
        """See `Engine.index`."""
        self._version += 1
        # Of two documents with one key in a call, the last stays.
        assert self.write({each.key: (self._version, each) for each in documents}) == []
        self.refresh()

    def remove(self, keys: Sequence[Key]) -> None:
        """See `Engine.remove`."""
        self._version += 1
        assert self.write(dict.fromkeys(keys, (self._version, None))) == []
        self.refresh()

    def set_author_name(self, author_id: str, name: str) -> None:
        """See `Engine.set_author_name`."""
        self._names[author_id] = fold(name, "")

    def _authors_named(self, names: Sequence[str]) -> dict[str, list[str]]:
        found = {
            name: [author for author, known in self._names.items() if known == fold(name, "")]
            for name in names
        }
        return {name: ids for name, ids in found.items() if ids}


@contextmanager
def connected() -> Iterator[Connection]:
    """A connection to the tests' Elasticsearch, with a prefix of its own; all its indexes are deleted at the end."""
    server = SearchServer.parse(f"{servers.search_url()}/test-{secrets.token_hex(4)}")
    connection = Connection(server)
    try:
        yield connection
    finally:
        drop(connection)
        connection.close()


@contextmanager
def written_index(connection: Connection) -> Iterator[WrittenIndex]:
    """A new, empty index."""
    index = WrittenIndex(connection, secrets.token_hex(8))
    index.create()
    yield index
    drop(connection)
