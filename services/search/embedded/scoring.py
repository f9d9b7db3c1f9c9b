"""The score of a match: BM25 (S. Robertson, H. Zaragoza, 2009) over the fields, by what the reader may know.

FTS5's own `bm25()` counts every document of the index, so its values, and the order that they give, tell how often a
word occurs in groups that the reader can't see. Here the score of a document depends on its own words, on a fixed
length, and on how many *public* documents match each clause of the query.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from core.audience import PUBLIC
from services.search.embedded.hits import run
from services.search.query_building import MatchClause
from services.search.ranking import K1, USUAL_LENGTH, WEIGHTS, B

_WEIGHT = " ".join(["CASE col", *(f"WHEN '{name}' THEN {weight}" for name, weight in WEIGHTS.items()), "END"])

COMMON = 5_000
"""Of a clause that more public documents match, or the only one of a query that finds more, only counts in which
columns it matches, not how often: that would take long, and says little."""


def scores(session: Session, clauses: Sequence[MatchClause], total: int) -> tuple[str, dict[str, Any]]:
    """A query for the scores of the rows of `found` (`row`, `length`), and its parameters. `total`: their number."""
    terms: list[tuple[object, ...]] = []
    prefixes: list[tuple[object, ...]] = []
    parts = [
        "SELECT doc, col, clause, rarity, share FROM term CROSS JOIN words_instance ON words_instance.term = first",
        (
            "SELECT doc, col, clause, rarity, 1.0 AS share"
            " FROM prefix CROSS JOIN words_instance ON term >= first AND term < beyond"
        ),
    ]
    values: dict[str, Any] = {}
    # The rarity of one clause alone changes no order.
    weighed = [(1.0, total > COMMON)] if len(clauses) == 1 else rarities(session, clauses)
    for number, (clause, (rarity, common)) in enumerate(zip(clauses, weighed, strict=True)):
        if common:
            parts += [
                f"SELECT rowid, '{column}', {number}, :rarity_{number}, 1.0 FROM words"  # noqa: S608 - names from above
                f" WHERE words MATCH :match_{column}_{number}"
                for column in WEIGHTS
            ]
            values[f"rarity_{number}"] = rarity
            values |= {f"match_{each}_{number}": f"{{{each}}} : ({clause.expression})" for each in WEIGHTS}
        else:
            terms += [(number, rarity, term, 1.0) for term in sorted(clause.whole)]
            terms += [(number, rarity, *similar) for similar in clause.similar]
            prefixes += [(number, rarity, prefix, prefix + "\U0010ffff") for prefix in clause.prefixes]
    values |= {"terms": json.dumps(terms), "prefixes": json.dumps(prefixes)}
    query = f"""
        WITH term AS MATERIALIZED (
            SELECT value ->> 0 AS clause, value ->> 1 AS rarity, value ->> 2 AS first, value ->> 3 AS share
            FROM json_each(:terms)
        ), prefix AS MATERIALIZED (
            SELECT value ->> 0 AS clause, value ->> 1 AS rarity, value ->> 2 AS first, value ->> 3 AS beyond
            FROM json_each(:prefixes)
        ), weighed AS (
            SELECT doc, clause, rarity, sum(share * {_WEIGHT}) AS weight FROM ({" UNION ALL ".join(parts)})
            WHERE doc IN (SELECT row FROM found) GROUP BY doc, clause
        )
        SELECT row, sum(rarity * weight * {K1 + 1}
            / (weight + {K1} * ({1 - B} + {B} * length / {USUAL_LENGTH}.0))) AS score
        FROM weighed CROSS JOIN found ON found.row = doc GROUP BY row
    """  # noqa: S608 - constants from above
    return query, values


def rarities(session: Session, clauses: Sequence[MatchClause]) -> list[tuple[float, bool]]:
    """The inverse document frequency of each clause, which is how much its matches say; and whether it is `COMMON`."""
    (everything,) = run(
        session,
        "SELECT coalesce(sum(items), 0) FROM tally WHERE facet = 'kind' AND audience = :public",
        {"public": PUBLIC},
    ).fetchone()
    found = []
    for clause in clauses:
        (matching,) = run(
            session,
            "SELECT count(*) FROM words CROSS JOIN item ON item.row = words.rowid"
            " WHERE words MATCH :match AND audience = :public",
            {"match": clause.expression, "public": PUBLIC},
        ).fetchone()
        rarity = math.log(1 + (max(everything - matching, 0) + 0.5) / (matching + 0.5))
        found.append((rarity, matching > COMMON))
    return found
