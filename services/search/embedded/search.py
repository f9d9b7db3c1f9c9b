"""Runs a query on the embedded engine.

Filters and facets are evaluated on the small rows in one pass over all matches, so totals are exact. Only the newest
`RANKED` matches that the reader may see are ranked: a word that occurs in more items says little about which is best.

A cursor is the sort key of the page's last hit: what the reader has of it, and a score by what they may know.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from contracts.errors import invalid
from contracts.search import SearchQuery, SearchResult
from services.search.embedded.facets import VISIBLE, chosen, count
from services.search.embedded.hits import EPOCH, hits, run, seen_languages
from services.search.embedded.scoring import scores
from services.search.engine import Reader
from services.search.folding import fold
from services.search.query_building import MatchExpression, build_match
from services.search.query_syntax import Clause, parse

RANKED = 20_000
_MOST_AUTHORS = 5
_OWN_LANGUAGE = 1.2
"""Factor of the score of an item that has a version in the reader's first language."""

_TIMED = re.compile(r"(?P<at>-?[0-9]{1,18})_(?P<kind>[a-z]{1,10})_(?P<id>[0-9A-Za-z-]{1,40})")
_SCORED = re.compile(r"(?P<score>[0-9]{1,18}(\.[0-9]+)?(e[+-]?[0-9]{1,3})?)_" + _TIMED.pattern)


class FoundRow(NamedTuple):
    """A row of the index that a query found, its score, and the cursor of the page after it."""

    row: int
    score: float
    cursor: str


def search(session: Session, query: SearchQuery, reader: Reader) -> SearchResult:
    """One page of hits, with exact total and facets, of what the reader may see."""
    clauses = parse(query.q)
    languages = seen_languages(session, reader.audiences)
    match = build_match(clauses, languages, _authors(session, clauses))
    values = _values(query, reader, match)
    where = _where(query, match)
    total, facets = count(session, chosen(query), match.required, where, values)
    if query.sort == "relevance" and match.required:
        rows = _best(session, query, match, where, values)
    else:
        rows = _by_time(session, query, match, where, values)
    page = rows[: query.limit]
    top = max((each.score for each in page), default=0.0) or 1.0
    relative = {each.row: round(each.score / top, 1) for each in page}
    found = hits(session, relative, reader.languages, tuple(query.languages), match.groups)
    more = len(rows) > query.limit and page
    return SearchResult(
        items=found,
        next=page[-1].cursor if more else None,
        total=total,
        kinds=facets["kind"],
        languages=facets["language"],
        tags=facets["tag"],
    )


def _values(query: SearchQuery, reader: Reader, match: MatchExpression) -> dict[str, Any]:
    return {
        "required": f"{{title tags body author}} : ({match.required})" if match.required else "",
        "excluded": match.excluded,
        "audiences": json.dumps(reader.audiences),
        "kinds": json.dumps(query.kinds),
        "languages": json.dumps(query.languages),
        "tags": json.dumps(query.tags),
        "category": query.category,
        "author_id": query.author_id,
        "audience": query.audience,
        "after_time": _micros(query.after_time),
        "before_time": _micros(query.before_time),
        "own": reader.languages[0] if reader.languages else "",
    }


def _where(query: SearchQuery, match: MatchExpression) -> str:
    """The conditions on an item other than those of facets."""
    conditions = [VISIBLE]
    if match.excluded:
        conditions.append("item.row NOT IN (SELECT rowid FROM words WHERE words MATCH :excluded)")
    for column in ("category", "author_id", "audience"):
        if getattr(query, column) is not None:
            conditions.append(f"item.{column} = :{column}")
    if query.after_time is not None:
        conditions.append("at >= :after_time")
    if query.before_time is not None:
        conditions.append("at < :before_time")
    return " AND ".join(conditions)


def _best(
    session: Session, query: SearchQuery, match: MatchExpression, where: str, values: dict[str, Any]
) -> list[FoundRow]:
    """The best rows first, as many as fit on the page and one more."""
    conditions = " AND ".join([where, *chosen(query).values()])
    after = ""
    if query.after is not None:
        values = values | _cursor_values(query.after, scored=True)
        after = " WHERE (-score, -at, kind, id) > (-:score, -:at, :kind, :id)"
    score, score_values = scores(session, match.clauses)
    rows = run(
        session,
        "WITH found AS MATERIALIZED (SELECT item.row AS row, kind, id, at, boost, length"  # noqa: S608
        " FROM words CROSS JOIN item ON item.row = words.rowid"
        f" WHERE words MATCH :required AND {conditions} ORDER BY at DESC, kind, id LIMIT {RANKED})"
        " SELECT row, score, at, kind, id FROM (SELECT found.row AS row, at, kind, id,"
        f" round(score * boost * iif(EXISTS (SELECT 1 FROM item_language AS o"
        f" WHERE o.row = found.row AND o.language = :own), {_OWN_LANGUAGE}, 1.0), 9) AS score"
        f" FROM ({score}) AS scored CROSS JOIN found ON found.row = scored.row){after}"
        " ORDER BY score DESC, at DESC, kind, id LIMIT :most",
        values | score_values | {"most": query.limit + 1},
    )
    return [
        FoundRow(row, score, f"{score!r}_{at}_{kind}_{item_id}") for row, score, at, kind, item_id in rows
    ]


def _by_time(
    session: Session, query: SearchQuery, match: MatchExpression, where: str, values: dict[str, Any]
) -> list[FoundRow]:
    """Rows by time, newest or oldest first, as many as fit on the page and one more."""
    rising = query.sort == "oldest"
    conditions = [where, *chosen(query).values()]
    if query.after is not None:
        values = values | _cursor_values(query.after, scored=False)
        conditions.append(f"(at, kind, id) {'>' if rising else '<'} (:at, :kind, :id)")
    if match.required:
        conditions.append("item.row IN (SELECT rowid FROM words WHERE words MATCH :required)")
    order = "ASC" if rising else "DESC"
    rows = run(
        session,
        f"SELECT item.row, at, kind, id FROM item WHERE {' AND '.join(conditions)}"  # noqa: S608
        f" ORDER BY at {order}, kind {order}, id {order} LIMIT :most",
        values | {"most": query.limit + 1},
    )
    return [FoundRow(row, 0.0, f"{at}_{kind}_{item_id}") for row, at, kind, item_id in rows]


def _cursor_values(text: str, scored: bool) -> dict[str, Any]:
    """The sort key that a cursor names. Raises `Invalid` with the fault `cursor-shape`."""
    found = (_SCORED if scored else _TIMED).fullmatch(text)
    if found is None:
        raise invalid("after", "cursor-shape")
    values = found.groupdict()
    key: dict[str, Any] = {"at": int(values["at"]), "kind": values["kind"], "id": values["id"]}
    return key | ({"score": float(values["score"])} if scored else {})


def _authors(session: Session, clauses: list[Clause]) -> dict[str, list[str]]:
    """For each clause that is a person's name, the ids of the people with that name, by the clause's text."""
    names = {fold(clause.text, ""): clause.text for clause in clauses if not clause.excluded}
    if not names:
        return {}
    found: dict[str, list[str]] = {}
    rows = run(
        session,
        "SELECT folded, author_id FROM author_name WHERE folded IN (SELECT value FROM json_each(:names))",
        {"names": json.dumps(list(names))},
    )
    for folded, author_id in rows:
        found.setdefault(names[folded], []).append(author_id)
    return {text: ids[:_MOST_AUTHORS] for text, ids in found.items()}


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)
