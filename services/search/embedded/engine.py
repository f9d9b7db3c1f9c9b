"""The search engine in the service's own database: SQLite with FTS5.

The index is written in the transaction that moves the subscription's offset, so the two always agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from services.search.embedded import search, suggest
from services.search.embedded.hits import driver_of
from services.search.embedded.kept import count_up
from services.search.embedded.stored import documents
from services.search.embedded.writing import IndexWriter
from services.search.engine import Document, Key, Reader
from services.search.folding import fold
from services.search.places import Places, nowhere


class EmbeddedEngine:
    """`Engine` on a session of the search database. `places`: what the names of places in a search stand for."""

    def __init__(self, session: Session, places: Places = nowhere) -> None:
        self._session = session
        self._places = places
        self._driver = driver_of(session)

    def index(self, documents: Sequence[Document]) -> None:
        self._writer().index(documents)

    def add_copies(self, of: Key, copies: Sequence[Document]) -> None:
        """Add documents that differ from `of`, which is in the index, in their keys, paths, times and titles alone: for
        an import. Their text is analysed already. None of them may be in the index."""
        self._writer().add_copies(of, copies)

    def remove(self, keys: Sequence[Key]) -> None:
        self._writer().remove(keys)

    def set_author_name(self, author_id: str, name: str) -> None:
        self._run(
            "INSERT INTO author_name VALUES (:author_id, :folded)"
            " ON CONFLICT (author_id) DO UPDATE SET folded = excluded.folded",
            author_id=author_id,
            folded=fold(name, ""),
        )
        count_up(self._driver.cursor())

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        return search.search(self._session, query, reader, self._places)

    def suggest(self, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
        return suggest.suggest(self._session, prefix, limit, reader)

    def tags(self, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
        return suggest.tags(self._session, prefix, limit, reader)

    def document(self, key: Key) -> Document | None:
        """The document with this key, if it is in the index."""
        found = documents(self._driver, "WHERE kind = :kind AND id = :id", {"kind": key.kind, "id": key.id})
        return next((each for _, each in found), None)

    def documents(self) -> Iterator[Document]:
        return (each for _, each in documents(self._driver, "ORDER BY kind, id", {}))

    def renew(self, rows: Mapping[int, Document]) -> None:
        """Analyse the documents of the next rows again (`upgrade`)."""
        self._writer().renew(rows)

    def fold_names(self) -> None:
        """Fold the names of authors again."""
        for (name,) in self._run("SELECT DISTINCT folded FROM author_name").fetchall():
            self._run(
                "UPDATE author_name SET folded = :folded WHERE folded = :name",
                folded=fold(name, ""),
                name=name,
            )

    def _writer(self) -> IndexWriter:
        return IndexWriter(self._session)

    def _run(self, sql: str, **values: Any) -> Any:
        return self._driver.execute(sql, values)
