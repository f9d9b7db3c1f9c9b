"""What a query is relaxed to that finds nothing: most of its words, and words that are similar to them.

It is what the embedded engine does (`embedded.relaxing`). Similar words come from Elasticsearch's own list of a field's
terms; of these only those are used that an item has which the reader may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.search.analysis import bare, tokens
from services.search.elasticsearch.asking import Asking, escaped, values_of
from services.search.elasticsearch.expressions import Query, any_of, compile_expression, terms_query
from services.search.elasticsearch.scoring import Weighed, rarities
from services.search.indexing import compared
from services.search.query_building import MatchClause, MatchExpression
from services.search.ranking import MOST_SIMILAR, SHARE
from services.search.similarity import SHORTEST, Similar, pairs, similarity

_MUST = 1000.0
"""The weight of a clause that must match: more than all words together can have."""
_MOST_TERMS = 2_000
"""The most terms that are compared with a word."""
_CORRECTIONS = 200


@dataclass(frozen=True)
class Relaxed:
    """A relaxed query: its clauses with their rarities, and `words` in the place of the words of the query; `meant` is
    the query with words that exist, `""` if it has none that don't."""

    match: MatchExpression
    weighed: Weighed
    words: Query
    meant: str


def relax(asking: Asking, q: str, match: MatchExpression) -> Relaxed | None:
    """The query, relaxed; None if that finds no more."""
    if not any(clause.word for clause in match.clauses):
        return None
    present = _present(asking, match, match.clauses)
    # A word of a script without spaces goes by its pairs of letters.
    pieces = {
        clause: clause.pieces()
        for clause in match.clauses
        if clause.word and not present[clause] and clause.pieces()
    }
    known = _present(asking, match, [piece for each in pieces.values() for piece in each])
    words = [clause for clause in match.clauses if clause.word and clause not in pieces]
    similar = _similar_terms(asking, words)
    clauses: list[MatchClause] = []
    meant = ""
    for clause in match.clauses:
        if clause in pieces:
            clauses += [piece for piece in pieces[clause] if known[piece]]
            continue
        found = similar.get(clause, [])
        if found:
            clauses.append(clause.with_similar({each.term: each.weight for each in found}))
        elif present[clause] or not clause.word:
            clauses.append(clause)
        typo = next((each for each in found if each.typo), None)
        if not present[clause] and typo is not None:
            meant = (meant or q).replace(clause.word, _written(asking, typo.term), 1)
    if not clauses:
        return None
    relaxed = replace(match, clauses=tuple(clauses))
    weighed = rarities(asking, relaxed.clauses)
    return Relaxed(relaxed, weighed, _words(relaxed, weighed), meant if meant != q else "")


def _present(
    asking: Asking, match: MatchExpression, clauses: Sequence[MatchClause]
) -> dict[MatchClause, bool]:
    """Of each clause whether the reader may see anything that it matches."""
    queries = [compile_expression(match.limited(each.expression)) for each in clauses]
    return dict(zip(clauses, asking.exists(queries), strict=True))


def _words(match: MatchExpression, weighed: Weighed) -> Query:
    """What has enough of the rarity of all words, and everything else that is not a word."""
    parts: list[Query] = []
    must, total = 0.0, 0.0
    for clause, weight in weighed:
        expression = compile_expression(match.limited(clause.expression))
        boost = weight if clause.word else _MUST
        parts.append({"constant_score": {"filter": expression, "boost": boost}})
        total += weight if clause.word else 0.0
        must += 0.0 if clause.word else _MUST
    # A little less, since Elasticsearch adds in single precision.
    need = (must + SHARE * total) * (1 - 1e-6)
    return {"function_score": {"query": {"bool": {"should": parts}}, "min_score": need}}


def _similar_terms(asking: Asking, clauses: Sequence[MatchClause]) -> dict[MatchClause, list[Similar]]:
    """For each clause the terms that are most similar to one of its own, which are a word's by the rules of each
    language."""
    typed = {clause: sorted(compared(clause.whole)) for clause in clauses}
    candidates = _candidates(asking, sorted({term for terms in typed.values() for term in terms}))
    return {clause: _most_similar(terms, candidates) for clause, terms in typed.items()}


def _most_similar(typed: Sequence[str], candidates: Mapping[str, set[str]]) -> list[Similar]:
    best: dict[str, Similar] = {}
    for wanted in typed:
        letters = bare(wanted)
        least, own = max(2, len(letters) // 2 - 1), pairs(letters)
        for term in candidates[wanted]:
            other = bare(term)
            if term == wanted or term.removesuffix(other) != wanted.removesuffix(letters):
                continue
            weight, typo = similarity(letters, other)
            known = best[term].weight if term in best else 0.0
            if weight > known and len(own & pairs(other)) >= least:
                best[term] = Similar(term, weight, typo)
    return sorted(best.values(), key=lambda each: (-each.weight, each.term))[:MOST_SIMILAR]


def _candidates(asking: Asking, wanted: Sequence[str]) -> dict[str, set[str]]:
    """For each term those that the reader may see and that may be similar: with a common beginning, one part of the
    other, or two errors apart at most."""
    if not wanted:
        return {}
    corrections = _corrections(asking, wanted)
    counts: Query = {}
    for number, term in enumerate(wanted):
        letters = bare(term)
        stemmer = escaped(term.removesuffix(letters))
        longer = f"{stemmer}({escaped(letters[:SHORTEST])}.*|.*{escaped(letters)}.*)"
        exact = sorted({term.removesuffix(letters) + part for part in _parts(letters)} | corrections[term])
        counts[f"longer{number}"] = values_of("compared", _MOST_TERMS, longer)
        if exact:
            counts[f"exact{number}"] = values_of("compared", _MOST_TERMS, exact)
    counted = asking.ask(query=asking.visible, aggs=counts, size=0)["aggregations"]
    return {
        term: {
            bucket["key"]
            for name in (f"longer{number}", f"exact{number}")
            for bucket in counted.get(name, {"buckets": []})["buckets"]
        }
        for number, term in enumerate(wanted)
    }


def _parts(letters: str) -> set[str]:
    """The parts of a word of more than `SHORTEST` letters."""
    ends = range(SHORTEST + 1, len(letters) + 1)
    return {letters[start:end] for end in ends for start in range(end - SHORTEST)}


def _corrections(asking: Asking, wanted: Sequence[str]) -> dict[str, set[str]]:
    """For each term those of the index two errors apart at most, seen or not. How often one occurs must not matter."""
    correcting = {
        "field": "compared", "size": _CORRECTIONS, "suggest_mode": "always", "max_edits": 2, "prefix_length": 0,
        "max_term_freq": 2**31 - 1, "accuracy": 0.1, "string_distance": "damerau_levenshtein",
    }  # fmt: skip
    words = {f"word{number}": {"text": term, "term": correcting} for number, term in enumerate(wanted)}
    found = asking.ask(suggest=words, size=0)["suggest"]
    return {
        term: {option["text"] for entry in found[f"word{number}"] for option in entry["options"]}
        for number, term in enumerate(wanted)
    }


def _written(asking: Asking, term: str) -> str:
    """A word as it is written in an item that the reader may see, whose term this is."""
    anywhere = any_of([terms_query([term], column) for column in ("title", "tags", "body")])
    for document in asking.documents([anywhere], 1):
        for version in document.texts:
            for text in (version.title, version.body):
                for token in tokens(text, version.language):
                    if token.term == term:
                        return text[token.start : token.end].lower()
    return term.partition(":")[2] or term
