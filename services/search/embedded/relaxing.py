"""What a query is relaxed to that finds nothing: most of its words, and words that are similar to them.

Phrases and beginnings of words are meant as they are typed and stay. A word counts by its rarity, so that it is the
words which say most that must occur. All that is looked up here is of what the reader may see, or public.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from services.search.analysis import tokens
from services.search.embedded.conditions import VISIBLE
from services.search.embedded.dictionaries import Dictionaries
from services.search.embedded.facets import Selection
from services.search.embedded.hits import driver_of, run
from services.search.embedded.scoring import rarities
from services.search.embedded.stored import unpack
from services.search.embedded.vocabulary import similar_terms
from services.search.query_building import MatchClause, MatchExpression
from services.search.ranking import SHARE

_MUST = 1000.0
"""The weight of a clause that must match: more than all words together can have."""


@dataclass(frozen=True)
class Relaxed:
    """A relaxed query; `meant` is the query with words that exist, `""` if it has none that don't."""

    match: MatchExpression
    selection: Selection
    meant: str


def relax(session: Session, q: str, match: MatchExpression, found: Selection) -> Relaxed | None:
    """The query, relaxed; None if that finds no more."""
    if not any(clause.word for clause in match.clauses):
        return None
    clauses: list[MatchClause] = []
    meant = ""
    for clause in match.clauses:
        if not clause.word:
            clauses.append(clause)
            continue
        exists = _matches(session, match.limited(clause.expression), found)
        if not exists and (pieces := clause.pieces()):
            clauses += [each for each in pieces if _matches(session, match.limited(each.expression), found)]
            continue
        similar = similar_terms(session, clause.typed, found.values["audiences"])
        if similar:
            clause = clause.with_similar({each.term: each.weight for each in similar})
        if exists or similar:
            clauses.append(clause)
        typo = next((each for each in similar if each.typo), None)
        if not exists and typo is not None:
            meant = (meant or q).replace(clause.word, _written(session, typo.term, found), 1)
    if not clauses:
        return None
    relaxed = replace(match, clauses=tuple(clauses))
    return Relaxed(relaxed, _selection(session, relaxed, found), meant if meant != q else "")


def _selection(session: Session, match: MatchExpression, found: Selection) -> Selection:
    parts, values = [], dict(found.values)
    must, total = 0.0, 0.0
    for number, (clause, (rarity, _)) in enumerate(
        zip(match.clauses, rarities(session, match.clauses), strict=True)
    ):
        parts.append(
            f"SELECT rowid, :weight_{number} AS weight FROM words WHERE words MATCH :clause_{number}"  # noqa: S608
        )
        values[f"clause_{number}"] = match.limited(clause.expression)
        values[f"weight_{number}"] = rarity if clause.word else _MUST
        total += rarity if clause.word else 0.0
        must += 0.0 if clause.word else _MUST
    values["need"] = must + SHARE * total
    matched = f"(SELECT rowid FROM ({' UNION ALL '.join(parts)}) GROUP BY rowid HAVING sum(weight) >= :need)"  # noqa: S608
    return replace(found, matched=matched, matching="", values=values)


def _matches(session: Session, expression: str, found: Selection) -> bool:
    """Whether anything that the reader may see matches."""
    return _first(session, "1", expression, found) is not None


def _written(session: Session, term: str, found: Selection) -> str:
    """A word as it is written in an item that the reader may see, whose term this is."""
    row = _first(session, "shown, id", f'{{title tags body}} : ("{term}")', found)
    texts = unpack(row[0], row[1], Dictionaries(driver_of(session))).texts if row else ()
    for version in texts:
        for text in (version.title, version.body):
            for token in tokens(text, version.language):
                if token.term == term:
                    return text[token.start : token.end].lower()
    return term.partition(":")[2] or term


def _first(session: Session, columns: str, expression: str, found: Selection) -> Any:
    return run(
        session,
        f"SELECT {columns} FROM words CROSS JOIN item ON item.row = words.rowid"  # noqa: S608
        " CROSS JOIN item_text ON item_text.row = words.rowid"
        f" WHERE words MATCH :one_expression AND {VISIBLE} LIMIT 1",
        {"one_expression": expression, "audiences": found.values["audiences"]},
    ).fetchone()
