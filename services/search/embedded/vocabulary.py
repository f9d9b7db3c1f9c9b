"""The terms of the embedded index, to find those that are similar to a word which was typed.

A hidden term changes no answer: which terms are similar depends on the two words alone, and those that no visible item
has are left out before the best ones are taken.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.search.analysis import bare
from services.search.embedded.conditions import VISIBLE
from services.search.embedded.hits import run
from services.search.indexing import compared
from services.search.ranking import MOST_SIMILAR
from services.search.similarity import Similar, pairs, similarity


def change(cursor: sqlite3.Cursor, changes: Mapping[str, int], ending: str = "") -> None:
    """Count for each term how many items more have it now, or fewer where the number is negative. `ending`: of the
    tables' names (`full_text`)."""
    term_table, pair_table = f"term{ending}", f"term_pair{ending}"
    rising = [{"term": term, "bare": bare(term), "by": by} for term, by in sorted(changes.items()) if by > 0]
    if rising:
        cursor.execute(
            f"SELECT term FROM {term_table} WHERE term IN (SELECT value FROM json_each(:terms))",  # noqa: S608
            {"terms": json.dumps([each["term"] for each in rising])},
        )
        known = {term for (term,) in cursor.fetchall()}
        cursor.executemany(
            f"INSERT INTO {term_table} (term, bare, items) VALUES (:term, :bare, :by)"  # noqa: S608
            " ON CONFLICT (term) DO UPDATE SET items = items + :by",
            rising,
        )
        cursor.executemany(
            f"INSERT INTO {pair_table} (pair, id) SELECT value, known.id"  # noqa: S608
            f" FROM {term_table} AS known CROSS JOIN json_each(:pairs) WHERE term = :term",
            [_pairs(each["term"]) for each in rising if each["term"] not in known],
        )
    falling = [{"term": term, "by": by} for term, by in sorted(changes.items()) if by < 0]
    if falling:
        cursor.executemany(f"UPDATE {term_table} SET items = items + :by WHERE term = :term", falling)  # noqa: S608
        cursor.executemany(
            f"DELETE FROM {pair_table}"  # noqa: S608
            f" WHERE id = (SELECT id FROM {term_table} WHERE term = :term AND items <= 0)"
            " AND pair IN (SELECT value FROM json_each(:pairs))",
            [_pairs(each["term"]) for each in falling],
        )
        cursor.executemany(f"DELETE FROM {term_table} WHERE term = :term AND items <= 0", falling)  # noqa: S608


def _pairs(term: Any) -> dict[str, str]:
    return {"term": term, "pairs": json.dumps(sorted(pairs(bare(term))))}


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
    return sorted(found, key=lambda each: (-each.weight, each.term))[:MOST_SIMILAR]


def _visible(session: Session, terms: Iterable[str], audiences: str) -> set[str]:
    rows = run(
        session,
        "SELECT value FROM json_each(:terms) WHERE EXISTS (SELECT 1 FROM words CROSS JOIN item"  # noqa: S608
        f" ON item.row = words.rowid WHERE words MATCH '\"' || value || '\"' AND {VISIBLE})",
        {"terms": json.dumps(sorted(terms)), "audiences": audiences},
    )
    return {term for (term,) in rows}
