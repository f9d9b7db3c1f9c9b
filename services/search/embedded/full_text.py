"""The tables of terms: full text, titles as one types, and what similar words are found by.

While an index is renewed (`upgrade`) there is a second set of them beside the one that is asked.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.search.embedded import vocabulary
from services.search.indexing import compared_terms

NEXT = "_next"
"""What the names of the second set end with."""

_NAMES_OF_TERMS = "tokenize=\"ascii tokenchars ':-_.'\""
# The texts first: a term of the first column takes two bytes less. No sizes of rows: the score has its own.
_WORDS = f"body, title, tags, author, content='', columnsize=0, {_NAMES_OF_TERMS}"
_TITLES = f"title, content='', prefix='1 2 3', detail='column', columnsize=0, {_NAMES_OF_TERMS}"
_TERM = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, term VARCHAR(100) NOT NULL UNIQUE, bare VARCHAR(100) NOT NULL,"
    " items INTEGER NOT NULL"
)
_TERM_PAIR = "pair VARCHAR(2) NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (pair, id)"
_TABLES = (
    f"CREATE VIRTUAL TABLE words{{0}} USING fts5({_WORDS})",
    f"CREATE VIRTUAL TABLE titles{{0}} USING fts5({_TITLES})",
    f"CREATE TABLE term{{0}} ({_TERM})",
    f"CREATE TABLE term_pair{{0}} ({_TERM_PAIR}) WITHOUT ROWID",
)
NAMES = ("words", "titles", "term", "term_pair")


class FullText:
    """One set of the tables. What changes in the counts of terms is added up until `flush`."""

    def __init__(self, cursor: sqlite3.Cursor, ending: str = "") -> None:
        self._cursor = cursor
        self._ending = ending
        self._terms: Counter[str] = Counter()

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, as `row` and the values of `indexing.document_terms`."""
        self._cursor.executemany(
            f"INSERT INTO words{self._ending} (rowid, title, tags, body, author)"  # noqa: S608 - of this module
            " VALUES (:row, :title, :tags, :body, :author)",
            rows,
        )
        self._cursor.executemany(
            f"INSERT INTO titles{self._ending} (rowid, title) VALUES (:row, :plain)",  # noqa: S608
            [row for row in rows if row["plain"]],
        )
        for row in rows:
            self._terms.update(compared_terms(row))

    def forget(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take out rows that were inserted with these values."""
        words, titles = f"words{self._ending}", f"titles{self._ending}"
        self._cursor.executemany(
            f"INSERT INTO {words} ({words}, rowid, title, tags, body, author)"  # noqa: S608
            " VALUES ('delete', :row, :title, :tags, :body, :author)",
            rows,
        )
        self._cursor.executemany(
            f"INSERT INTO {titles} ({titles}, rowid, title) VALUES ('delete', :row, :plain)",  # noqa: S608
            [row for row in rows if row["plain"]],
        )
        for row in rows:
            self._terms.subtract(compared_terms(row))

    def flush(self) -> None:
        """Write the counts of terms."""
        vocabulary.change(self._cursor, self._terms, self._ending)
        self._terms.clear()


def create(cursor: sqlite3.Cursor, ending: str = "") -> None:
    """Make an empty set of the tables, in place of one that there is."""
    drop(cursor, ending)
    for statement in _TABLES:
        cursor.execute(statement.format(ending))


def replace_by_next(cursor: sqlite3.Cursor) -> None:
    """Let the second set take the place of the first."""
    drop(cursor, "")
    for name in NAMES:
        cursor.execute(f"ALTER TABLE {name}{NEXT} RENAME TO {name}")


def drop(cursor: sqlite3.Cursor, ending: str) -> None:
    """Drop a set of the tables, as far as they are there."""
    for name in NAMES:
        cursor.execute(f"DROP TABLE IF EXISTS {name}{ending}")


__all__ = ["NAMES", "NEXT", "FullText", "create", "drop", "replace_by_next"]
