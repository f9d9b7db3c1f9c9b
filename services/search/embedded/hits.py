"""Builds hits from rows of the embedded index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import Hit
from services.search.embedded.dictionaries import Dictionaries
from services.search.embedded.stored import unpack
from services.search.engine import Reader, Text
from services.search.indexing import EPOCH
from services.search.marking import Groups, Marker
from services.search.places import Point, distance_km
from services.search.snippets import best_text, snippet


def seen_languages(session: Session, audiences: tuple[str, ...]) -> list[str]:
    """Every language that an item of these audiences has: others must not change how a query is analysed."""
    rows = run(
        session,
        "SELECT DISTINCT value FROM tally WHERE facet = 'language' AND items > 0"
        " AND audience IN (SELECT value FROM json_each(:audiences)) ORDER BY value",
        {"audiences": json.dumps(audiences)},
    )
    return [language for (language,) in rows]


def groups_of(session: Session, groups: list[str], reader: Reader) -> dict[str, tuple[str, list[Text]]]:
    """By the id of a group that the reader may find: its path and its texts."""
    rows = run(
        session,
        "SELECT id, shown FROM item CROSS JOIN item_text USING (row) WHERE kind = 'group'"
        " AND id IN (SELECT value FROM json_each(:groups))"
        " AND audience IN (SELECT value FROM json_each(:audiences))",
        {"groups": json.dumps(groups), "audiences": json.dumps(reader.audiences)},
    )
    dictionaries = Dictionaries(driver_of(session))
    found = {group: unpack(packed, group, dictionaries) for group, packed in rows}
    return {group: (shown.path, list(shown.texts)) for group, shown in found.items()}


def driver_of(session: Session) -> sqlite3.Connection:
    """The driver's own connection, in the session's transaction."""
    driver: sqlite3.Connection | None = session.connection().connection.dbapi_connection  # type: ignore[assignment]
    assert driver is not None
    return driver


def run(session: Session, sql: str, values: dict[str, Any]) -> sqlite3.Cursor:
    """Execute a statement with named parameters on the driver's own connection, in the session's transaction.

    A search has a dozen of small statements, and SQLAlchemy's share would be a third of its time.
    """
    return driver_of(session).execute(sql, values)


def hits(
    session: Session,
    scores: dict[int, float],
    languages: tuple[str, ...],
    only: tuple[str, ...],
    groups: Groups,
    near: Sequence[Point] = (),
) -> list[Hit]:
    """A hit for each row of `scores`, in its order, in the language version that matches best.

    `languages`, `only` and `groups` are as for `snippets.best_text`. `near`: the places that the search names.
    """
    rows = run(
        session,
        "SELECT item.row, kind, id, shown, author_id, category, audience, at, tags, latitude, longitude"
        " FROM item CROSS JOIN item_text USING (row) LEFT JOIN item_point USING (row)"
        " WHERE item.row IN (SELECT value FROM json_each(:rows))",
        {"rows": json.dumps(list(scores))},
    )
    marker, dictionaries = Marker(groups), Dictionaries(driver_of(session))
    found = {}
    for row, kind, item_id, packed, author_id, category, audience, at, tags, *point in rows:
        item = unpack(packed, item_id, dictionaries)
        text = best_text(item.texts, languages, only, groups)
        found[row] = Hit(
            kind=kind,
            id=item_id,
            path=item.path,
            language=text.language,
            title=text.title,
            snippet=snippet(text, marker),
            author_id=author_id,
            tags=tags.split(),
            category=category,
            audience=audience,
            at=EPOCH + timedelta(microseconds=at),
            score=scores[row],
            distance_km=None if point[0] is None else distance_km((point[0], point[1]), near),
        )
    return [found[row] for row in scores]
