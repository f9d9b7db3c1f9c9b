"""How documents get into the embedded index and out of it: all of a batch of events by the same few statements.

What a batch changes in the counts of facets and of terms is added up first. The statements go to the driver's own
cursor, in the session's transaction: SQLAlchemy's share would double their cost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from core.audience import group_of
from services.search.documents import canonical_tags
from services.search.embedded.dictionaries import Dictionaries
from services.search.embedded.facets import year_of
from services.search.embedded.full_text import NEXT, FullText
from services.search.embedded.hits import driver_of
from services.search.embedded.kept import count_up
from services.search.embedded.renewal import renewal_of
from services.search.embedded.stored import documents_of, pack
from services.search.engine import Document, Key, Writer
from services.search.indexing import document_terms, length_of, micros, title_terms
from services.search.places import Point, on_sphere

_ITEM = (
    "INSERT INTO item (row, kind, id, audience, author_id, category, at, length, thread, languages, tags)"
    " VALUES (:row, :kind, :id, :audience, :author_id, :category, :at, :length, :thread, :languages, :tag_names)"
)
_CHANGED_ITEM = (
    "UPDATE item SET audience = :audience, author_id = :author_id, category = :category, at = :at,"
    " length = :length, thread = :thread, languages = :languages, tags = :tag_names WHERE row = :row"
)
_LISTS = {"item_tag": "tag", "item_mark": "mark"}
"""The tables that have a row for each value of an item, and their columns."""
_POINT = (
    "INSERT INTO item_point (row, latitude, longitude, x, y, z)"
    " VALUES (:row, :latitude, :longitude, :x, :y, :z)"
)
_TEXT = "INSERT OR REPLACE INTO item_text (row, shown, group_path) VALUES (:row, :shown, :group_path)"
_TALLY = (
    "INSERT INTO tally (facet, value, audience, items) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (facet, value, audience) DO UPDATE SET items = items + excluded.items"
)
Row = dict[str, Any]


class IndexWriter:
    """Writes to the index in the transaction of a session.

    Of what is indexed by another version of the analysis the terms are not known any more. So such an item gets a
    new row when it changes: the terms of its row of before stay until the renewal drops them, and belong to no item.
    """

    def __init__(self, session: Session) -> None:
        self._driver = driver_of(session)
        self._cursor = self._driver.cursor()
        self._tallies: Counter[tuple[str, str, str]] = Counter()
        self._full_text = FullText(self._cursor)
        self._next = FullText(self._cursor, NEXT)
        self._renewal = renewal_of(self._cursor)
        self._dictionaries = Dictionaries(self._driver)

    def index(self, documents: Sequence[Document]) -> None:
        """See `Writer.index`. Of several documents with one key the last one stays."""
        latest = {document.key: document for document in documents}
        rows = self._rows(latest)
        stored = documents_of(self._driver, list(rows.values())) if rows else {}
        new: list[Document] = []
        for key, document in latest.items():
            if key not in rows:
                new.append(document)
            elif self._renewal is None:
                self._change(rows[key], stored[rows[key]], document)
            else:
                self._remove(rows[key], stored[rows[key]])
                new.append(document)
        self._insert([(document, document_terms(document)) for document in new])
        self._flush()

    def add_copies(self, of: Key, copies: Sequence[Document]) -> None:
        """Add documents that differ from `of`, which is in the index, in their keys, paths, times and titles alone."""
        (original,) = documents_of(self._driver, list(self._rows([of]).values())).values()
        known = document_terms(original)
        self._insert([(copy, known | title_terms(copy)) for copy in copies])
        self._flush()

    def remove(self, keys: Sequence[Key]) -> None:
        """See `Writer.remove`."""
        rows = self._rows(keys)
        stored = documents_of(self._driver, list(rows.values())) if rows else {}
        for row, document in stored.items():
            self._remove(row, document)
        self._flush()

    def renew(self, rows: Mapping[int, Document]) -> None:
        """Put items into the second set of the tables of terms; all rows up to the last of these are in it then."""
        renewed = []
        for row, before in rows.items():
            document = replace(before, tags=canonical_tags(before.tags))
            if document.tags != before.tags:
                self._tallies.subtract(_tallied(before))
                self._tallies.update(_tallied(document))
                self._delete_lists(row, before)
                self._insert_lists([(row, document)])
            renewed.append(self._columns(row, document, document_terms(document)))
        self._cursor.executemany(_CHANGED_ITEM, renewed)
        self._cursor.executemany(_TEXT, renewed)
        self._next.insert(renewed)
        self._cursor.execute("UPDATE renewal SET row = ?", (max(rows),))
        self._flush()

    def _insert(self, new: Sequence[tuple[Document, dict[str, str]]]) -> None:
        """Insert items that are not in the index, with their terms."""
        last = self._last_row()
        self._dictionaries.grow(last)
        columns = [self._columns(row, document, terms) for row, (document, terms) in enumerate(new, last + 1)]
        self._cursor.executemany(_ITEM, columns)
        self._full_text.insert(columns)
        self._cursor.executemany(_TEXT, columns)
        self._insert_lists([(row, document) for row, (document, _) in enumerate(new, last + 1)])
        for document, _ in new:
            self._tallies.update(_tallied(document))

    def _change(self, row: int, before: Document, document: Document) -> None:
        """Replace the item of a row."""
        known, terms = document_terms(before), document_terms(document)
        columns = self._columns(row, document, terms)
        self._tallies.subtract(_tallied(before))
        self._cursor.execute(_CHANGED_ITEM, columns)
        self._delete_lists(row, before)
        if known != terms:
            self._full_text.forget([{**known, "row": row}])
            self._full_text.insert([columns])
        self._insert_lists([(row, document)])
        self._cursor.execute(_TEXT, columns)
        self._tallies.update(_tallied(document))

    def _remove(self, row: int, document: Document) -> None:
        """Take out the item of a row."""
        self._tallies.subtract(_tallied(document))
        self._delete_lists(row, document)
        for table in ("item_text", "item"):
            self._cursor.execute(f"DELETE FROM {table} WHERE row = ?", (row,))  # noqa: S608 - names above
        if self._renewal is None:
            self._full_text.forget([{**document_terms(document), "row": row}])
        elif row <= self._renewal.row:
            self._next.forget([{**document_terms(document), "row": row}])

    def _insert_lists(self, items: Sequence[tuple[int, Document]]) -> None:
        for table, column in _LISTS.items():
            rows = [(row, value) for row, document in items for value in sorted(_listed(document, column))]
            self._cursor.executemany(f"INSERT INTO {table} (row, {column}) VALUES (?, ?)", rows)  # noqa: S608 - names above
        points = [_point(row, document.point) for row, document in items if document.point is not None]
        self._cursor.executemany(_POINT, points)

    def _delete_lists(self, row: int, document: Document) -> None:
        for table, column in _LISTS.items():
            rows = [(row, value) for value in _listed(document, column)]
            self._cursor.executemany(f"DELETE FROM {table} WHERE row = ? AND {column} = ?", rows)  # noqa: S608
        self._cursor.execute("DELETE FROM item_point WHERE row = ?", (row,))

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

    def _columns(self, row: int, document: Document, terms: Mapping[str, str]) -> Row:
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
            "length": length_of(terms),
            "languages": " ".join(sorted(_listed(document, "language"))),
            "tag_names": " ".join(sorted(_listed(document, "tag"))),
            "shown": pack(document, self._dictionaries),
            "group_path": document.path if document.key.kind == "group" else None,
        }

    def _flush(self) -> None:
        """Write what was counted."""
        self._cursor.executemany(_TALLY, [(*key, by) for key, by in sorted(self._tallies.items()) if by])
        self._tallies.clear()
        self._full_text.flush()
        self._next.flush()
        count_up(self._cursor)


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


def _point(row: int, point: Point) -> Row:
    """The values of all columns of where an item is."""
    x, y, z = on_sphere(point)
    return {"row": row, "latitude": point[0], "longitude": point[1], "x": x, "y": y, "z": z}


def _listed(document: Document, column: str) -> set[str]:
    if column == "language":
        return {text.language for text in document.texts}
    return set(document.tags if column == "tag" else document.marks)


def _tallied(document: Document) -> list[tuple[str, str, str]]:
    """The rows of `tally` that count a document: facet, value and audience."""
    audience = document.audience
    found = [
        ("kind", document.key.kind, audience),
        ("year", year_of(micros(document.at)), audience),
        *(("language", language, audience) for language in _listed(document, "language")),
        *(("tag", tag, audience) for tag in _listed(document, "tag")),
    ]
    if document.category is not None:
        found.append(("category", document.category, audience))
    if group_of(audience) is not None:
        found.append(("group", audience, audience))
    return found
