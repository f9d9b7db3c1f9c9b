"""The score of a match: BM25 (S. Robertson, H. Zaragoza, 2009) over the fields, by what the reader may know.

FTS5's own `bm25()` counts every document of the index, so its values, and the order that they give, tell how often a
word occurs in groups that the reader can't see. Here the score of a document depends on its own words, on a fixed
length, and on how many *public* documents match each clause of the query.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from core.audience import PUBLIC
from services.search.embedded.facets import Item
from services.search.embedded.hits import run
from services.search.query_building import MatchClause
from services.search.ranking import K1, MOST_COUNTED, USUAL_LENGTH, WEIGHTS, B

_WEIGHT = " ".join(["CASE col", *(f"WHEN '{name}' THEN {weight}" for name, weight in WEIGHTS.items()), "END"])

COMMON = MOST_COUNTED
"""Of a clause that more public documents match, or the only one of a query that finds more, only counts in which
columns it matches, not how often: that would take long, and says little."""

SAMPLE = 5_000
"""Of a clause that is common the matches are counted among so many public documents, the newest ones."""


def scores(
    session: Session,
    clauses: Sequence[MatchClause],
    newest: Sequence[Item],
    titled: Sequence[Item],
    more: bool,
) -> dict[int, float]:
    """The scores of items by row, but for their age and language. `newest` are those that the query finds, with `more`
    the newest of them; then `titled` are older ones whose titles match."""
    if len(clauses) == 1:
        # Its rarity changes no order. It may be frequent, and the query find few by its filters.
        weighed = [(1.0, more or _matching(session, clauses[0], 0, COMMON + 1) > COMMON)]
    else:
        weighed = rarities(session, clauses)
    weights = [defaultdict[int, float](float) for _ in clauses]
    rows = [item.row for item in newest]
    rare = [number for number, (_, common) in enumerate(weighed) if not common]
    if rare:
        every = [*rows, *(item.row for item in titled)]
        for row, number, weight in _occurrences(session, [(each, clauses[each]) for each in rare], every):
            weights[number][row] += weight
    for number, (clause, (_, common)) in enumerate(zip(clauses, weighed, strict=True)):
        if common:
            for row, weight in _columns(session, clause, rows):
                weights[number][row] += weight
            for item in titled:
                weights[number][item.row] += WEIGHTS["title"]
    items = (*newest, *titled)
    usual = {item.row: K1 * (1 - B + B * item.length / USUAL_LENGTH) for item in items}
    found = dict.fromkeys(usual, 0.0)
    for (rarity, _), of_clause in zip(weighed, weights, strict=True):
        most = rarity * (K1 + 1)
        for row, weight in of_clause.items():
            if row in found:
                found[row] += most * weight / (weight + usual[row])
    return found


def _occurrences(
    session: Session, clauses: Sequence[tuple[int, MatchClause]], rows: Sequence[int]
) -> sqlite3.Cursor:
    """How much each clause, which has a number, occurs in each of the rows, by the weights of the columns."""
    terms: list[tuple[object, ...]] = []
    prefixes: list[tuple[object, ...]] = []
    for number, clause in clauses:
        terms += [(number, term, 1.0) for term in sorted(clause.whole)]
        terms += [(number, *similar) for similar in clause.similar]
        prefixes += [(number, prefix, prefix + "\U0010ffff") for prefix in clause.prefixes]
    parts = []
    if terms:
        parts.append(
            "SELECT doc, col, value ->> 0 AS clause, value ->> 2 AS share FROM json_each(:terms)"
            " CROSS JOIN words_instance ON words_instance.term = value ->> 1"
        )
    if prefixes:
        parts.append(
            "SELECT doc, col, value ->> 0 AS clause, 1.0 AS share FROM json_each(:prefixes)"
            " CROSS JOIN words_instance ON term >= value ->> 1 AND term < value ->> 2"
        )
    return run(
        session,
        f"SELECT doc, clause, sum(share * {_WEIGHT}) FROM ({' UNION ALL '.join(parts)})"  # noqa: S608
        " WHERE doc IN (SELECT value FROM json_each(:rows)) GROUP BY doc, clause",
        {"terms": json.dumps(terms), "prefixes": json.dumps(prefixes), "rows": json.dumps(rows)},
    )


def _columns(session: Session, clause: MatchClause, rows: Sequence[int]) -> Iterator[tuple[int, float]]:
    """The weight of the columns in which a clause matches, for the rows from the first to the last of these, all of
    which match: its titles and tags are looked at, and the text is taken to have it."""
    for row in rows:
        yield row, WEIGHTS["body"]
    values = {"first": min(rows), "last": max(rows)} if rows else {}
    for column in ("title", "tags") if rows else ():
        matching = run(
            session,
            "SELECT rowid FROM words WHERE words MATCH :match AND rowid BETWEEN :first AND :last",
            {"match": f"{{{column}}} : ({clause.expression})", **values},
        )
        for (row,) in matching:
            yield row, WEIGHTS[column]


def rarities(session: Session, clauses: Sequence[MatchClause]) -> list[tuple[float, bool]]:
    """The inverse document frequency of each clause, which is how much its matches say; and whether it is `COMMON`."""
    (everything,) = run(
        session,
        "SELECT coalesce(sum(items), 0) FROM tally WHERE facet = 'kind' AND audience = :public",
        {"public": PUBLIC},
    ).fetchone()
    newest: int | None = None
    found = []
    for clause in clauses:
        matching: float = _matching(session, clause, 0, COMMON + 1)
        common = matching > COMMON
        if common:
            newest = _sample_from(session, everything) if newest is None else newest
            sampled = _matching(session, clause, newest, everything)
            matching = max(matching, sampled * max(everything / SAMPLE, 1.0))
        rarity = math.log(1 + (max(everything - matching, 0) + 0.5) / (matching + 0.5))
        found.append((rarity, common))
    return found


def _matching(session: Session, clause: MatchClause, first: int, most: int) -> int:
    """How many public documents match, from the row `first` on; `most` at the most."""
    (matching,) = run(
        session,
        "SELECT count(*) FROM (SELECT 1 FROM words CROSS JOIN item ON item.row = words.rowid"
        " WHERE words MATCH :match AND words.rowid >= :first AND audience = :public LIMIT :most)",
        {"match": clause.expression, "public": PUBLIC, "first": first, "most": most},
    ).fetchone()
    return int(matching)


def _sample_from(session: Session, everything: int) -> int:
    """The first row of the newest `SAMPLE` public documents. Where hidden ones lie between changes nothing."""
    if everything <= SAMPLE:
        return 0
    (first,) = run(
        session,
        "SELECT min(row) FROM (SELECT row FROM item WHERE audience = :public ORDER BY row DESC LIMIT :sample)",
        {"public": PUBLIC, "sample": SAMPLE},
    ).fetchone()
    return int(first)
