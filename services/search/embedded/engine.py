"""The search engine in the service's own database: SQLite with FTS5.

The index is written in the transaction that moves the subscription's offset, so the two always agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from services.search.documents import canonical_tags
from services.search.embedded import search, suggest
from services.search.embedded.writing import IndexWriter
from services.search.engine import Document, Key, Reader, Text
from services.search.folding import fold
from services.search.indexing import EPOCH
from services.search.places import Places, nowhere


class EmbeddedEngine:
    """`Engine` on a session of the search database. `places`: what the names of places in a search stand for."""

    def __init__(self, session: Session, places: Places = nowhere) -> None:
        self._session = session
        self._places = places
        # The driver's own cursor, in the session's transaction: indexing one item takes about ten small statements, and
        # SQLAlchemy's overhead would double their cost.
        self._connection = session.connection().connection
        self._cursor = self._connection.cursor()
        self._writer = IndexWriter(session)

    def index(self, documents: Sequence[Document]) -> None:
        self._writer.index(documents)

    def add_copies(self, of: Key, copies: Sequence[Document]) -> None:
        """Add documents that differ from `of`, which is in the index, in their keys, paths, times and titles alone: for
        an import. Their text is analysed already. None of them may be in the index."""
        self._writer.add_copies(of, copies)

    def remove(self, keys: Sequence[Key]) -> None:
        self._writer.remove(keys)

    def set_author_name(self, author_id: str, name: str) -> None:
        self._run(
            "INSERT INTO author_name VALUES (:author_id, :folded)"
            " ON CONFLICT (author_id) DO UPDATE SET folded = excluded.folded",
            author_id=author_id,
            folded=fold(name, ""),
        )

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        return search.search(self._session, query, reader, self._places)

    def suggest(self, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
        return suggest.suggest(self._session, prefix, limit, reader)

    def tags(self, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
        return suggest.tags(self._session, prefix, limit, reader)

    def document(self, key: Key) -> Document | None:
        """The document with this key, if it is in the index."""
        return next(self._documents("WHERE kind = :kind AND id = :id", kind=key.kind, id=key.id), None)

    def documents(self) -> Iterator[Document]:
        return self._documents("ORDER BY kind, id")

    def reindex(self, rows: Sequence[int]) -> None:
        """Analyse the documents of these rows again."""
        documents = self._documents(
            "WHERE item.row IN (SELECT value FROM json_each(:rows))", rows=json.dumps(rows)
        )
        self.index([replace(each, tags=canonical_tags(each.tags)) for each in documents])

    def fold_names(self) -> None:
        """Fold the names of authors again."""
        for (name,) in self._run("SELECT DISTINCT folded FROM author_name").fetchall():
            self._run(
                "UPDATE author_name SET folded = :folded WHERE folded = :name",
                folded=fold(name, ""),
                name=name,
            )

    def _documents(self, which: str, **values: Any) -> Iterator[Document]:
        rows = self._connection.cursor().execute(
            "SELECT kind, id, path, audience, at, texts, author_id, category, keywords, titled, thread,"  # noqa: S608
            " (SELECT json_group_array(tag) FROM item_tag WHERE item_tag.row = item.row),"
            " (SELECT json_group_array(mark) FROM item_mark WHERE item_mark.row = item.row), latitude, longitude"
            f" FROM item JOIN item_text USING (row) LEFT JOIN item_point USING (row) {which}",
            values,
        )
        for (
            kind, item_id, path, audience, at, texts, author_id, category, keywords, titled, thread, tags, marks,
            latitude, longitude,
        ) in rows:  # fmt: skip
            yield Document(
                key=Key(kind, item_id),
                path=path,
                audience=audience,
                at=EPOCH + timedelta(microseconds=at),
                texts=tuple(Text(*text) for text in json.loads(texts)),
                author_id=author_id,
                category=category,
                tags=tuple(json.loads(tags)),
                keywords=tuple(json.loads(keywords)),
                titled=bool(titled),
                thread=thread,
                marks=tuple(json.loads(marks)),
                point=None if latitude is None else (latitude, longitude),
            )

    def _run(self, sql: str, **values: Any) -> Any:
        return self._cursor.execute(sql, values)
