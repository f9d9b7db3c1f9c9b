"""What the embedded index keeps of an item to show it, and to know under which terms it was indexed: its texts,
compressed. Only the hits of a page are unpacked, some 10 µs each.

FTS5 forgets a row by being told its terms. They are not kept: the same analysis makes the same terms of the same texts,
and an index says by which it was made (`upgrade`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from pydantic_core import from_json

from services.search.embedded.dictionaries import Dictionaries
from services.search.engine import Document, Key, Text
from services.search.indexing import EPOCH

_ID = "\x00"
"""Stands for the item's id in its path: no path has it."""


class Shown(NamedTuple):
    """What of a document no other column has."""

    path: str
    titled: bool
    keywords: tuple[str, ...]
    texts: tuple[Text, ...]


def pack(document: Document, dictionaries: Dictionaries) -> bytes:
    """The column `item_text.shown` of a document."""
    texts = [[text.language, text.title, text.body] for text in document.texts]
    value = [document.path.replace(document.key.id, _ID), document.titled, document.keywords, texts]
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair is kept as it is: events may have it.
    return dictionaries.pack(written.encode(errors="surrogatepass"))


def unpack(packed: bytes, item_id: str, dictionaries: Dictionaries) -> Shown:
    """What `pack` has packed."""
    written = dictionaries.unpack(packed)
    try:
        path, titled, keywords, texts = from_json(written)
    except ValueError:
        path, titled, keywords, texts = json.loads(written.decode(errors="surrogatepass"))
    return Shown(path.replace(_ID, item_id), titled, tuple(keywords), tuple(Text(*each) for each in texts))


def documents(
    driver: sqlite3.Connection, which: str, values: dict[str, Any]
) -> Iterator[tuple[int, Document]]:
    """The documents that a condition on `item` names, or an order, each with its row."""
    rows = driver.execute(
        "SELECT item.row, kind, id, audience, at, author_id, category, thread, tags, shown,"  # noqa: S608 - of this package
        " (SELECT json_group_array(mark) FROM item_mark WHERE item_mark.row = item.row), latitude, longitude"
        f" FROM item JOIN item_text USING (row) LEFT JOIN item_point USING (row) {which}",
        values,
    )
    dictionaries = Dictionaries(driver)
    for (
        row, kind, item_id, audience, at, author_id, category, thread, tags, packed, marks, latitude, longitude
    ) in rows:  # fmt: skip
        shown = unpack(packed, item_id, dictionaries)
        yield (
            row,
            Document(
                key=Key(kind, item_id),
                path=shown.path,
                audience=audience,
                at=EPOCH + timedelta(microseconds=at),
                texts=shown.texts,
                author_id=author_id,
                category=category,
                tags=tuple(tags.split()),
                keywords=shown.keywords,
                titled=shown.titled,
                thread=thread,
                marks=tuple(json.loads(marks)),
                point=None if latitude is None else (latitude, longitude),
            ),
        )


def documents_of(driver: sqlite3.Connection, rows: Sequence[int]) -> dict[int, Document]:
    """The documents of these rows."""
    return dict(
        documents(
            driver, "WHERE item.row IN (SELECT value FROM json_each(:rows))", {"rows": json.dumps(list(rows))}
        )
    )
