"""What a query is relaxed to that finds nothing: most of its words, and words that are similar to them.

It is what the embedded engine does (`embedded.relaxing`). Similar words come from Elasticsearch's own list of a field's
terms; of these only those are used that an item has which the reader may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.search.analysis import bare, tokens
from services.search.elasticsearch.asking import Asking, escaped
from services.search.elasticsearch.expressions import Query, any_of, compile_expression, term_query
from services.search.elasticsearch.scoring import rarities
from services.search.embedded.relaxing import SHARE
from services.search.embedded.vocabulary import MOST, Similar, compared
from services.search.query_building import MatchClause, MatchExpression
from services.search.similarity import SHORTEST, pairs, similarity

_MUST = 1000.0
"""The weight of a clause that must match: more than all words together can have."""
_MOST_TERMS = 2_000
"""The most terms that are compared with a word."""
_CORRECTIONS = 200


@dataclass(frozen=True)
class Relaxed:
    """A relaxed query: `words` in the place of those of the query; `meant` is the query with words that exist, `""` if
    it has none that don't."""

    match: MatchExpression
    words: Query
    meant: str


def relax(asking: Asking, q: str, match: MatchExpression) -> Relaxed | None:
    """The query, relaxed; None if that finds no more."""
    if not any(clause.word for clause in match.clauses):
        return None
    present = asking.exists([compile_expression(match.limited(each.expression)) for each in match.clauses])
    clauses: list[MatchClause] = []
    meant = ""
    for clause, exists in zip(match.clauses, present, strict=True):
        if not clause.word:
            clauses.append(clause)
            continue
        if not exists and (pieces := clause.pieces()):
            known = asking.exists([compile_expression(match.limited(each.expression)) for each in pieces])
            clauses += [piece for piece, is_known in zip(pieces, known, strict=True) if is_known]
            continue
        similar = _similar_terms(asking, clause.whole)
        if exists or similar:
            clauses.append(
                clause.with_similar({each.term: each.weight for each in similar}) if similar else clause
            )
        typo = next((each for each in similar if each.typo), None)
        if not exists and typo is not None:
            meant = (meant or q).replace(clause.word, _written(asking, typo.term), 1)
    if not clauses:
        return None
    relaxed = replace(match, clauses=tuple(clauses))
    return Relaxed(relaxed, _words(asking, relaxed), meant if meant != q else "")


def _words(asking: Asking, match: MatchExpression) -> Query:
    """What has enough of the rarity of all words, and everything else that is not a word."""
    parts: list[Query] = []
    must, total = 0.0, 0.0
    for clause, weight in rarities(asking, match.clauses):
        expression = compile_expression(match.limited(clause.expression))
        boost = weight if clause.word else _MUST
        parts.append({"constant_score": {"filter": expression, "boost": boost}})
        total += weight if clause.word else 0.0
        must += 0.0 if clause.word else _MUST
    # A little less, since Elasticsearch adds in single precision.
    need = (must + SHARE * total) * (1 - 1e-6)
    return {"function_score": {"query": {"bool": {"should": parts}}, "min_score": need}}


def _similar_terms(asking: Asking, typed: Iterable[str]) -> list[Similar]:
    """The terms that are most similar to one of `typed`, which are a word's terms by the rules of each language."""
    best: dict[str, Similar] = {}
    for wanted in sorted(compared(typed)):
        letters = bare(wanted)
        least, own = max(2, len(letters) // 2 - 1), pairs(letters)
        for term in _candidates(asking, wanted):
            other = bare(term)
            if term == wanted or term.removesuffix(other) != wanted.removesuffix(letters):
                continue
            weight, typo = similarity(letters, other)
            if (
                weight
                and len(own & pairs(other)) >= least
                and (term not in best or best[term].weight < weight)
            ):
                best[term] = Similar(term, weight, typo)
    return sorted(best.values(), key=lambda each: (-each.weight, each.term))[:MOST]


def _candidates(asking: Asking, wanted: str) -> list[str]:
    """Terms that the reader may see and that may be similar: with a common beginning, one part of the other, or two
    errors apart at most."""
    letters = bare(wanted)
    stemmer = wanted.removesuffix(letters)
    parts = {
        letters[start:end]
        for start in range(len(letters))
        for end in range(start + SHORTEST + 1, len(letters) + 1)
    }
    beginnings = f"{escaped(stemmer)}({escaped(letters[:SHORTEST])}.*|.*{escaped(letters)}.*)"
    exact = [stemmer + part for part in sorted(parts)] + _corrections(asking, wanted)
    found = asking.values("compared", _MOST_TERMS, beginnings)
    found += asking.values("compared", _MOST_TERMS, exact) if exact else []
    return [term for term, _ in found]


def _corrections(asking: Asking, wanted: str) -> list[str]:
    """Terms of the index two errors apart at most, seen or not. How often a term occurs must not matter."""
    correcting = {
        "field": "compared", "size": _CORRECTIONS, "suggest_mode": "always", "max_edits": 2, "prefix_length": 0,
        "max_term_freq": 2**31 - 1, "accuracy": 0.1, "string_distance": "damerau_levenshtein",
    }  # fmt: skip
    found = asking.ask(suggest={"words": {"text": wanted, "term": correcting}}, size=0)["suggest"]["words"]
    return [option["text"] for entry in found for option in entry["options"]]


def _written(asking: Asking, term: str) -> str:
    """A word as it is written in an item that the reader may see, whose term this is."""
    anywhere = any_of([term_query(term, False, column) for column in ("title", "tags", "body")])
    for document in asking.documents([anywhere], 1):
        for version in document.texts:
            for text in (version.title, version.body):
                for token in tokens(text, version.language):
                    if token.term == term:
                        return text[token.start : token.end].lower()
    return term.partition(":")[2] or term
