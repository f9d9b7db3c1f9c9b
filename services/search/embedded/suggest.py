"""Suggestions of the embedded engine: titles and tags that begin as typed."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from contracts.search import Suggestion, TagLine
from services.search.analysis import typed_terms
from services.search.embedded.dictionaries import Dictionaries
from services.search.embedded.hits import driver_of, run
from services.search.embedded.stored import unpack
from services.search.engine import Key, Reader
from services.search.suggesting import LOOKED_AT, MOST, MOST_TAG_LINES, suggestions, tag_prefix


def suggest(session: Session, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
    """Titles that have words beginning as typed: first those that themselves begin so, then the newest."""
    wanted = typed_terms(prefix[:100])
    if not wanted:
        return []
    match = " AND ".join(f'"{each.terms[0]}"' + (" *" if each.prefix else "") for each in wanted)
    rows = run(
        session,
        "SELECT kind, id, shown FROM titles CROSS JOIN item ON item.row = titles.rowid"
        " CROSS JOIN item_text ON item_text.row = titles.rowid"
        " WHERE titles MATCH :match AND audience IN (SELECT value FROM json_each(:audiences))"
        " ORDER BY titles.rowid DESC LIMIT :looked_at",
        {"match": match, "looked_at": LOOKED_AT, "audiences": json.dumps(reader.audiences)},
    ).fetchall()
    dictionaries = Dictionaries(driver_of(session))
    items = ((Key(kind, item_id), unpack(packed, item_id, dictionaries)) for kind, item_id, packed in rows)
    titles = ((key, shown.path, shown.texts) for key, shown in items)
    return suggestions(titles, wanted, reader)[: max(1, min(limit, MOST))]


def tags(session: Session, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
    """Tags that begin with `prefix` and the number of items with each that the reader may see, most used first."""
    rows = run(
        session,
        "SELECT value, sum(items) AS items FROM tally WHERE facet = 'tag' AND value >= :first"
        " AND value < :first || char(1114111) AND audience IN (SELECT value FROM json_each(:audiences))"
        " GROUP BY value HAVING sum(items) > 0 ORDER BY items DESC, value LIMIT :limit",
        {
            "first": tag_prefix(prefix),
            "audiences": json.dumps(reader.audiences),
            "limit": max(1, min(limit, MOST_TAG_LINES)),
        },
    )
    return [TagLine(tag=tag, items=items) for tag, items in rows]
