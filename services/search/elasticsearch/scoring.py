"""The score of a match: as the embedded engine's, BM25 by what the reader may know.

Elasticsearch's own BM25 counts every document of the index, so its scores, and the order that they give, tell how often
a word occurs in groups that the reader can't see. Here each clause of the query gives a score that depends on the
document alone: in which fields it matches, and how often in the text (an `intervals` query counts the occurrences in
one document: f / (f + 1)). It is weighed by how many *public* documents match the clause.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.audience import PUBLIC
from services.search.elasticsearch.asking import Asking
from services.search.elasticsearch.expressions import (
    NOTHING,
    Query,
    any_of,
    beginning_query,
    compile_expression,
    terms_query,
)
from services.search.query_building import MatchClause
from services.search.ranking import K1, OWN_LANGUAGE, WEIGHTS

MOST_CLAUSES = 30
"""The number of clauses, from the first on, that count in the score. All must match."""
_SECOND_FIELD = 0.1
"""The share of the score of further fields that a clause matches."""

Weighed = Sequence[tuple[MatchClause, float]]
"""Clauses, each with its rarity."""


def rarities(asking: Asking, clauses: Sequence[MatchClause]) -> Weighed:
    """Each clause with its inverse document frequency, by the numbers of public documents."""
    counted = asking.ask(
        query={"term": {"audience": PUBLIC}},
        aggs={
            f"clause{n}": {"filter": compile_expression(each.expression)} for n, each in enumerate(clauses)
        },
        size=0,
        track_total_hits=True,
    )
    everything = counted["hits"]["total"]["value"]
    matching = [counted["aggregations"][f"clause{n}"]["doc_count"] for n in range(len(clauses))]
    return [
        (clause, math.log(1 + (max(everything - number, 0) + 0.5) / (number + 0.5)))
        for clause, number in zip(clauses, matching, strict=True)
    ]


def scored(matching: Query, clauses: Weighed, language: str) -> Query:
    """`matching` with a score by its clauses, each with its rarity; newer items, and those that have a version in
    `language`, count more."""
    parts = [_clause(clause, weight) for clause, weight in clauses[:MOST_CLAUSES]]
    return {
        "function_score": {
            "query": {"bool": {"filter": [matching], "should": parts}},
            "functions": [
                {"field_value_factor": {"field": "boost", "missing": 1.0}},
                {"filter": {"term": {"languages": language}}, "weight": OWN_LANGUAGE},
            ],
            "score_mode": "multiply",
            "boost_mode": "multiply",
        }
    }


def _clause(clause: MatchClause, weight: float) -> Query:
    """The score of one clause: of the field that says most, and a little of the others."""
    shares = {1.0: sorted(clause.whole)}
    for term, share in clause.similar:
        shares.setdefault(share, []).append(term)
    found: list[Query] = []
    for share, terms in shares.items():
        prefixes = clause.prefixes if share == 1.0 else ()
        for column in ("title", "tags", "author"):
            anywhere = _anywhere(terms, prefixes, column)
            if anywhere != NOTHING:
                found.append(_constant(anywhere, weight * _saturated(share * WEIGHTS[column])))
        found += _in_text(terms, prefixes, 2 * weight * _saturated(share * WEIGHTS["body"]))
    return {"dis_max": {"queries": found, "tie_breaker": _SECOND_FIELD}}


def _anywhere(terms: Sequence[str], prefixes: Sequence[str], column: str) -> Query:
    return any_of([terms_query(terms, column), *(beginning_query(each, column) for each in prefixes)])


def _in_text(terms: Sequence[str], prefixes: Sequence[str], factor: float) -> list[Query]:
    """The score of occurrences in the text, more in a short one. One occurrence has half of the factor."""
    found: list[Query] = []
    words = [term for term in terms if not term.startswith("author:")]
    if words:
        counted = {"any_of": {"intervals": [{"match": {"query": term}} for term in words]}}
        found.append({"intervals": {"body": counted}})
    if prefixes:
        found.append(_constant(any_of([beginning_query(each, "body") for each in prefixes]), 0.5))
    brevity = {"field_value_factor": {"field": "brevity", "factor": factor, "missing": 1.0}}
    return [
        {"function_score": {"query": each, "functions": [brevity], "boost_mode": "multiply"}}
        for each in found
    ]


def _constant(query: Query, score: float) -> Query:
    return {"constant_score": {"filter": query, "boost": score}}


def _saturated(weight: float) -> float:
    """What a match of a weight counts, in a document of the usual length."""
    return weight * (K1 + 1) / (weight + K1)
