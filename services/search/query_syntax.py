"""Reading a query as people type it: words, `"phrases"` and `-exclusions`."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_CLAUSES = 24
"""Words and phrases of one query that count."""

# A quote inside a Hebrew word is the sign of an acronym, not the beginning of a phrase.
_CLAUSE = re.compile(
    r"""(?P<minus>(?<!\S)[-−])?(?:["“”„«](?P<phrase>[^"“”«»]*)(?:["“”»]|$)|(?P<word>[^\s"“”„«»]+(?:(?<=[א-ת])"[א-ת]+)?))"""
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One word or phrase of a query, as typed. A phrase's words must stand side by side; so must a word's parts."""

    text: str
    excluded: bool = False


def parse(query: str) -> list[Clause]:
    """The clauses of a query; what has no letter and no digit is left out. Never fails."""
    found = []
    for match in _CLAUSE.finditer(query.replace("\x00", " ")):
        text = match["phrase"] if match["phrase"] is not None else match["word"]
        if any(char.isalnum() for char in text):
            found.append(Clause(text.strip(), excluded=match["minus"] is not None))
    return found[:MOST_CLAUSES]
