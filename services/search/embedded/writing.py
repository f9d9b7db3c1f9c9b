"""How documents get into the embedded index and out of it: all of a batch of events by the same few statements.

What a batch changes in the counts of facets and of terms is added up first. The statements go to the driver's own
cursor, in the session's transaction: SQLAlchemy's share would double their cost.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.audience import group_of
from services.search.embedded import vocabulary
from services.search.embedded.facets import GROUP, YEAR
from services.search.engine import Document, Key, Writer
from services.search.indexing import (
    boost_at,
    compared_terms,
    document_terms,
    length_of,
    micros,
    title_terms,
)
from services.search.places import Point, on_sphere

_ITEM = (
    "INSERT INTO item (row, kind, id, audience, author_id, category, at, boost, length, thread)"
    " VALUES (:row, :kind, :id, :audience, :author_id, :category, :at, :boost, :length, :thread)"
)
_CHANGED_ITEM = (
    "UPDATE item SET audience = :audience, author_id = :author_id, category = :category, at = :at,"
    " boost = :boost, length = :length, thread = :thread WHERE row = :row"
)
_WORDS = "INSERT INTO words (rowid, title, tags, body, author) VALUES (:row, :title, :tags, :body, :author)"
_TITLES = "INSERT INTO titles (rowid, title) VALUES (:row, :plain)"
_WITHOUT_WORDS = (
    "INSERT INTO words (words, rowid, title, tags, body, author)"
    " VALUES ('delete', :row, :title, :tags, :body, :author)"
)
_WITHOUT_TITLES = "INSERT INTO titles (titles, rowid, title) VALUES ('delete', :row, :plain)"
_LISTS = {"item_language": "language", "item_tag": "tag", "item_mark": "mark"}
"""The tables that have a row for each value of an item, and their columns."""
_TEXT = (
    "INSERT OR REPLACE INTO item_text (row, path, texts, keywords, titled, terms)"
    " VALUES (:row, :path, :texts, :keywords, :titled, :terms)"
)
_POINT = (
    "INSERT INTO item_point (row, latitude, longitude, x, y, z)"
    " VALUES (:row, :latitude, :longitude, :x, :y, :z)"
)
_TALLY = (
    "INSERT INTO tally (facet, value, audience, items) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (facet, value, audience) DO UPDATE SET items = items + excluded.items"
)
_TALLIED = (
    "SELECT facet, value, audience FROM ("  # noqa: S608 - constants
    "  SELECT 'kind' AS facet, kind AS value, audience FROM item WHERE row = :row"
    "  UNION ALL SELECT 'language', language, audience FROM item CROSS JOIN item_language USING (row) WHERE row = :row"
    "  UNION ALL SELECT 'tag', tag, audience FROM item CROSS JOIN item_tag USING (row) WHERE row = :row"
    "  UNION ALL SELECT 'category', category, audience FROM item WHERE row = :row"
    f"  UNION ALL SELECT 'group', {GROUP}, audience FROM item WHERE row = :row"
    f"  UNION ALL SELECT 'year', {YEAR}, audience FROM item WHERE row = :row) WHERE value IS NOT NULL"
)

Row = dict[str, Any]


class IndexWriter:
    """Writes to the index in the transaction of a session."""

    def __init__(self, session: Session) -> None:
        driver: sqlite3.Connection | None = session.connection().connection.dbapi_connection  # type: ignore[assignment]
        assert driver is not None
        self._cursor = driver.cursor()
        self._tallies: Counter[tuple[str, str, str]] = Counter()
        self._terms: Counter[str] = Counter()

    def index(self, documents: Sequence[Document]) -> None:
        """See `Writer.index`. Of several documents with one key the last one stays."""
        latest = {document.key: document for document in documents}
        rows = self._rows(latest)
        last = self._last_row()
        new: list[tuple[Row, Document]] = []
        for key, document in latest.items():
            terms = document_terms(document)
            if key in rows:
                self._change(rows[key], document, terms)
            else:
                last += 1
                new.append((_columns(last, document, terms), document))
                self._terms.update(compared_terms(terms))
        self._insert(new)
        self._flush()

    def add_copies(self, of: Key, copies: Sequence[Document]) -> None:
        """Add documents that differ from `of`, which is in the index, in their keys, paths, times and titles alone."""
        known = self._known_terms(self._rows([of])[of])
        last = self._last_row()
        new: list[tuple[Row, Document]] = []
        for number, document in enumerate(copies, last + 1):
            terms = known | title_terms(document)
            new.append((_columns(number, document, terms), document))
            self._terms.update(compared_terms(terms))
        self._insert(new)
        self._flush()

    def remove(self, keys: Sequence[Key]) -> None:
        """See `Writer.remove`."""
        for row in self._rows(keys).values():
            self._count(row, -1)
            terms = self._known_terms(row)
            self._forget(row, terms)
            self._terms.subtract(compared_terms(terms))
            for table in (*_LISTS, "item_point", "item_text", "item"):
                self._cursor.execute(f"DELETE FROM {table} WHERE row = :row", {"row": row})  # noqa: S608 - names above
        self._flush()

    def _insert(self, new: Sequence[tuple[Row, Document]]) -> None:
        """Insert items that are not in the index."""
        columns = [row for row, _ in new]
        for statement in (_ITEM, _WORDS, _TITLES, _TEXT):
            self._cursor.executemany(statement, columns)
        self._insert_lists([(row["row"], document) for row, document in new])
        for _, document in new:
            self._tallies.update(_tallied(document))

    def _change(self, row: int, document: Document, terms: dict[str, str]) -> None:
        """Replace the item of a row."""
        known = self._known_terms(row)
        columns = _columns(row, document, terms)
        self._count(row, -1)
        self._cursor.execute(_CHANGED_ITEM, columns)
        for table in (*_LISTS, "item_point"):
            self._cursor.execute(f"DELETE FROM {table} WHERE row = :row", columns)  # noqa: S608 - names above
        if known != terms:
            self._forget(row, known)
            self._terms.subtract(compared_terms(known))
            self._terms.update(compared_terms(terms))
            self._cursor.execute(_WORDS, columns)
            self._cursor.execute(_TITLES, columns)
        self._insert_lists([(row, document)])
        self._cursor.execute(_TEXT, columns)
        self._tallies.update(_tallied(document))

    def _insert_lists(self, items: Sequence[tuple[int, Document]]) -> None:
        for table, column in _LISTS.items():
            rows = [(row, value) for row, document in items for value in sorted(_listed(document, column))]
            self._cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608 - names above
        points = [_point(row, document.point) for row, document in items if document.point is not None]
        self._cursor.executemany(_POINT, points)

    def _rows(self, keys: Iterable[Key]) -> dict[Key, int]:
        """The rows of the items that are in the index."""
        found = self._cursor.execute(
            "SELECT kind, item.id, row FROM json_each(:keys) CROSS JOIN item"
            " ON kind = value ->> 0 AND item.id = value ->> 1",
            {"keys": json.dumps([(key.kind, key.id) for key in keys])},
        )
        return {Key(kind, item_id): row for kind, item_id, row in found}

    def _last_row(self) -> int:
        """The largest number that a row has, or had."""
        found = self._cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'item'").fetchone()
        return int(found[0] or 0)

    def _known_terms(self, row: int) -> dict[str, str]:
        (packed,) = self._cursor.execute("SELECT terms FROM item_text WHERE row = ?", (row,)).fetchone()
        terms: dict[str, str] = json.loads(zlib.decompress(packed))
        return terms

    def _forget(self, row: int, terms: dict[str, str]) -> None:
        """Take a row out of the full-text tables, which need what they were given for it."""
        values = terms | {"row": row}
        self._cursor.execute(_WITHOUT_WORDS, values)
        self._cursor.execute(_WITHOUT_TITLES, values)

    def _count(self, row: int, by: int) -> None:
        """Count a row as it is in the index once more, or with -1 once less."""
        for found in self._cursor.execute(_TALLIED, {"row": row}).fetchall():
            self._tallies[found] += by

    def _flush(self) -> None:
        """Write what was counted."""
        self._cursor.executemany(_TALLY, [(*key, by) for key, by in sorted(self._tallies.items()) if by])
        self._tallies.clear()
        vocabulary.change(self._cursor, self._terms)
        self._terms.clear()


class Batch:
    """A `Writer` that keeps what the handlers of several events write, of each item the newest, until all is written at
    once."""

    def __init__(self, engine: Writer) -> None:
        self._engine = engine
        self._changes: dict[Key, Document | None] = {}

    def index(self, documents: Sequence[Document]) -> None:
        """See `Writer.index`."""
        self._changes |= {document.key: document for document in documents}

    def remove(self, keys: Sequence[Key]) -> None:
        """See `Writer.remove`."""
        self._changes |= dict.fromkeys(keys)

    def set_author_name(self, author_id: str, name: str) -> None:
        """See `Writer.set_author_name`."""
        self._engine.set_author_name(author_id, name)

    def write(self) -> None:
        """Write it."""
        removed = [key for key, document in self._changes.items() if document is None]
        if removed:
            self._engine.remove(removed)
        documents = [document for document in self._changes.values() if document is not None]
        if documents:
            self._engine.index(documents)
        self._changes.clear()


def _columns(row: int, document: Document, terms: Mapping[str, str]) -> Row:
    """The values of all columns of an item."""
    return {
        **terms,
        "row": row,
        "kind": document.key.kind,
        "id": document.key.id,
        "audience": document.audience,
        "author_id": document.author_id,
        "category": document.category,
        "at": micros(document.at),
        "thread": document.thread,
        "length": length_of(dict(terms)),
        "boost": boost_at(document.at),
        "path": document.path,
        "texts": _json([[text.language, text.title, text.body] for text in document.texts]),
        "keywords": _json(document.keywords),
        "titled": document.titled,
        "terms": zlib.compress(_json(terms).encode(), 3),
    }


def _point(row: int, point: Point) -> Row:
    """The values of all columns of where an item is."""
    x, y, z = on_sphere(point)
    return {"row": row, "latitude": point[0], "longitude": point[1], "x": x, "y": y, "z": z}


def _listed(document: Document, column: str) -> set[str]:
    if column == "language":
        return {text.language for text in document.texts}
    return set(document.tags if column == "tag" else document.marks)


def _tallied(document: Document) -> list[tuple[str, str, str]]:
    """What `_TALLIED` selects of the document once it is in the index."""
    audience = document.audience
    second = int(micros(document.at) / 1_000_000)  # toward zero, as SQLite divides
    found = [
        ("kind", document.key.kind, audience),
        ("year", f"{datetime.fromtimestamp(second, UTC).year:04}", audience),
        *(("language", language, audience) for language in _listed(document, "language")),
        *(("tag", tag, audience) for tag in _listed(document, "tag")),
    ]
    if document.category is not None:
        found.append(("category", document.category, audience))
    if group_of(audience) is not None:
        found.append(("group", audience, audience))
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
