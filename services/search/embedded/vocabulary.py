"""The terms of the embedded index, to find those that are similar to a word which was typed.

A hidden term changes no answer: which terms are similar depends on the two words alone, and those that no visible item
has are left out before the best ones are taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from services.search.analysis import bare
from services.search.embedded.conditions import VISIBLE
from services.search.embedded.hits import run
from services.search.scripts import is_unspaced
from services.search.similarity import SHORTEST, pairs, similarity

MOST = 12
"""The most similar terms of a word that are used."""

_DIGIT = re.compile("[0-9]")

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Similar:
    """A term of the index that is similar to a typed word. `typo`: it may be what was meant to be typed."""

    term: str
    weight: float
    typo: bool


def compared(terms: Iterable[str]) -> set[str]:
    """Those of the terms that similar words may be found by."""
    return {
        term
        for term in terms
        if SHORTEST <= len(bare(term)) <= 100 and not is_unspaced(term) and not _DIGIT.search(term)
    }


def change(run_many: Run, added: Collection[str], removed: Collection[str]) -> None:
    """Count the terms that one item has now and had not before, and the other way round."""
    if added:
        run_many(
            "INSERT INTO term (term, bare, items) VALUES (:term, :bare, 1)"
            " ON CONFLICT (term) DO UPDATE SET items = items + 1",
            [{"term": term, "bare": bare(term)} for term in sorted(added)],
        )
        run_many(
            "INSERT OR IGNORE INTO term_pair (pair, id) SELECT value, term.id FROM term CROSS JOIN json_each(:pairs)"
            " WHERE term = :term AND items = 1",
            [{"term": term, "pairs": json.dumps(sorted(pairs(bare(term))))} for term in sorted(added)],
        )
    if removed:
        gone = [{"term": term} for term in sorted(removed)]
        run_many("UPDATE term SET items = items - 1 WHERE term = :term", gone)
        run_many(
            "DELETE FROM term_pair WHERE id = (SELECT id FROM term WHERE term = :term AND items <= 0)"
            " AND pair IN (SELECT value FROM json_each(:pairs))",
            [{"term": term, "pairs": json.dumps(sorted(pairs(bare(term))))} for term in sorted(removed)],
        )
        run_many("DELETE FROM term WHERE term = :term AND items <= 0", gone)


def present(session: Session, terms: Collection[str]) -> set[str]:
    """Those of the terms that an item may have: all but those of which the index knows that none has."""
    told = compared(terms)
    rows = run(
        session,
        "SELECT term FROM term WHERE term IN (SELECT value FROM json_each(:terms))",
        {"terms": json.dumps(sorted(told))},
    )
    return (set(terms) - told) | {term for (term,) in rows}


def similar_terms(session: Session, typed: Iterable[str], audiences: str) -> list[Similar]:
    """The terms that are most similar to one of `typed`, which are a word's terms by the rules of each language."""
    best: dict[str, Similar] = {}
    stemmers: dict[str, set[str]] = {}
    for wanted in compared(typed):
        letters = bare(wanted)
        stemmers.setdefault(letters, set()).add(wanted.removesuffix(letters))
    for letters in sorted(stemmers):
        rows = run(
            session,
            "SELECT term FROM (SELECT id FROM term_pair WHERE pair IN (SELECT value FROM json_each(:pairs))"
            " GROUP BY id HAVING count(*) >= :least) CROSS JOIN term USING (id)",
            {"pairs": json.dumps(sorted(pairs(letters))), "least": max(2, len(letters) // 2 - 1)},
        )
        for (term,) in rows:
            word = bare(term)
            if word == letters or term.removesuffix(word) not in stemmers[letters]:
                continue
            weight, typo = similarity(letters, word)
            if weight and (term not in best or best[term].weight < weight):
                best[term] = Similar(term, weight, typo)
    seen = _visible(session, best, audiences)
    found = [each for each in best.values() if each.term in seen]
    return sorted(found, key=lambda each: (-each.weight, each.term))[:MOST]


def _visible(session: Session, terms: Iterable[str], audiences: str) -> set[str]:
    rows = run(
        session,
        "SELECT value FROM json_each(:terms) WHERE EXISTS (SELECT 1 FROM words CROSS JOIN item"  # noqa: S608
        f" ON item.row = words.rowid WHERE words MATCH '\"' || value || '\"' AND {VISIBLE})",
        {"terms": json.dumps(sorted(terms)), "audiences": audiences},
    )
    return {term for (term,) in rows}
