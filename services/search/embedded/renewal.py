"""By which version of the analysis an index was made, and how far it is renewed."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from services.search.analysis import VERSION
from services.search.embedded import full_text
from services.search.embedded.full_text import NEXT
from services.search.embedded.kept import count_up


class Renewal(NamedTuple):
    """The renewal of an index that another version of the analysis has made. Items up to `row` are in the second set
    of the tables of terms."""

    row: int


def is_current(cursor: sqlite3.Cursor) -> bool:
    """Whether an index was made by this version of the analysis."""
    return cursor.execute("SELECT 1 FROM analysis WHERE version = ?", (VERSION,)).fetchone() is not None


def renewal_of(cursor: sqlite3.Cursor) -> Renewal | None:
    """The renewal of an index, whether or not it is started; None for one of this version. For writers."""
    if is_current(cursor):
        return None
    found = cursor.execute("SELECT row, version FROM renewal").fetchone()
    if found is None or found[1] == VERSION:
        return Renewal(found[0] if found else 0)
    # Of a release that is neither that of the index nor this one: what it has done counts for nothing.
    cursor.execute("DELETE FROM renewal")
    return Renewal(0)


def begin(cursor: sqlite3.Cursor) -> None:
    """Make the second set of the tables, unless the renewal is started already."""
    if cursor.execute("SELECT 1 FROM renewal").fetchone() is None:
        full_text.create(cursor, NEXT)
        cursor.execute("INSERT INTO renewal (version, row) VALUES (?, 0)", (VERSION,))


def finish(cursor: sqlite3.Cursor) -> None:
    """Let the second set take the place of the first."""
    full_text.replace_by_next(cursor)
    cursor.execute("DELETE FROM renewal")
    note_version(cursor)


def note_version(cursor: sqlite3.Cursor) -> None:
    """Note that the index is of this version."""
    cursor.execute("DELETE FROM analysis")
    cursor.execute("INSERT INTO analysis (version) VALUES (?)", (VERSION,))
    count_up(cursor)
