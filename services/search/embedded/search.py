"""Runs a query on the embedded engine.

Filters and facets are evaluated on the small rows in one pass over all matches, so totals are exact. Only the newest
`RANKED` matches are ranked: a word that occurs in more items says little about which of them is best.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from contracts.errors import invalid
from contracts.search import SearchQuery, SearchResult
from services.search.embedded.facets import VISIBLE, chosen, count
from services.search.embedded.hits import EPOCH, hits, run, seen_languages
from services.search.engine import Reader
from services.search.folding import fold
from services.search.query_building import MatchExpression, build_match
from services.search.query_syntax import Clause, parse

RANKED = 20_000
_MOST_AUTHORS = 5
_OWN_LANGUAGE = 1.2
"""Factor of the score of an item that has a version in the reader's first language."""

_ROW = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?(e[+-]?[0-9]{1,3})?")

# Weights of title, tags, body and author's name.
_SCORE = "-bm25(words, 10.0, 4.0, 1.0, 0.5)"


def search(session: Session, query: SearchQuery, reader: Reader) -> SearchResult:
    """One page of hits, with exact total and facets, of what the reader may see."""
    clauses = parse(query.q)
    match = build_match(clauses, seen_languages(session), _authors(session, clauses))
    values = _values(query, reader, match)
    where = _where(query, match)
    total, facets = count(session, chosen(query), match.required, where, values)
    if query.sort == "relevance" and match.required:
        rows = _best(session, query, match, where, values)
    else:
        rows = _by_time(session, query, match, where, values)
    page = rows[: query.limit]
    # Scores are relative and rounded: exact ones depend on how often a word occurs in groups that the reader can't see.
    top = max((score for _, score, _ in page), default=0.0) or 1.0
    scores = {row: round(score / top, 1) for row, score, _ in page}
    found = hits(session, scores, reader.languages, tuple(query.languages), match.groups)
    more = len(rows) > query.limit and page
    return SearchResult(
        items=found,
        next=page[-1][2] if more else None,
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
) -> list[tuple[int, float, str]]:
    """Rows with their scores, best first, each with the cursor of the page after it."""
    conditions = " AND ".join([where, *chosen(query).values()])
    after = ""
    if query.after is not None:
        values = values | dict(zip(("score", "row"), _cursor(query.after, float), strict=True))
        after = " WHERE (score, -row) < (:score, -:row)"
    oldest = run(
        session,
        f"SELECT rowid FROM words WHERE words MATCH :required ORDER BY rowid DESC LIMIT 1 OFFSET {RANKED}",  # noqa: S608
        values,
    ).scalar()
    rows = run(
        session,
        "SELECT row, score FROM ("  # noqa: S608
        f"SELECT item.row AS row, matched.score * boost * iif(EXISTS (SELECT 1 FROM item_language AS o"
        f" WHERE o.row = item.row AND o.language = :own), {_OWN_LANGUAGE}, 1.0) AS score"
        f" FROM (SELECT rowid, {_SCORE} AS score FROM words WHERE words MATCH :required AND rowid > :oldest) AS matched"
        f" CROSS JOIN item ON item.row = matched.rowid WHERE {conditions}){after}"
        " ORDER BY score DESC, row LIMIT :most",
        values | {"oldest": oldest or 0, "most": query.limit + 1},
    )
    return [(row, score, f"{score!r}_{row}") for row, score in rows]


def _by_time(
    session: Session, query: SearchQuery, match: MatchExpression, where: str, values: dict[str, Any]
) -> list[tuple[int, float, str]]:
    """Rows by time, newest or oldest first, each with the cursor of the page after it."""
    rising = query.sort == "oldest"
    conditions = [where, *chosen(query).values()]
    if query.after is not None:
        values = values | dict(zip(("at", "row"), _cursor(query.after, int), strict=True))
        conditions.append(f"(at, item.row) {'>' if rising else '<'} (:at, :row)")
    if match.required:
        conditions.append("item.row IN (SELECT rowid FROM words WHERE words MATCH :required)")
    order = "ASC" if rising else "DESC"
    rows = run(
        session,
        f"SELECT item.row, at FROM item WHERE {' AND '.join(conditions)}"  # noqa: S608
        f" ORDER BY at {order}, item.row {order} LIMIT :most",
        values | {"most": query.limit + 1},
    )
    return [(row, 0.0, f"{at}_{row}") for row, at in rows]


def _cursor(text: str, number: type[float] | type[int]) -> tuple[float, int]:
    first, _, row = text.partition("_")
    try:
        if not _ROW.fullmatch(row) or not _NUMBER.fullmatch(first):
            raise ValueError(text)
        return number(first), int(row)
    except ValueError:
        raise invalid("after", "cursor-shape") from None


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
