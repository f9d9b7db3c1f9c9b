"""Parses a query as people type it: words, `"phrases"` and `-exclusions`."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_CLAUSES = 24
"""The most words and phrases of a query that are used; the rest is ignored."""

# A quote inside a Hebrew word is the sign of an acronym, not the beginning of a phrase.
_CLAUSE = re.compile(
    r"""(?P<minus>(?<!\S)[-−])?(?:["“”„«](?P<phrase>[^"“”«»]*)(?:["“”»]|$)|(?P<word>[^\s"“”„«»]+(?:(?<=[א-ת])"[א-ת]+)?))"""
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One word or phrase of a query, as typed. The words of a phrase must be adjacent, and so must the parts of a word
    such as `foo-bar`."""

    text: str
    excluded: bool = False


def parse(query: str) -> list[Clause]:
    """The clauses of a query, without those that have no letter or digit. Accepts any text."""
    found = []
    for match in _CLAUSE.finditer(query.replace("\x00", " ")):
        text = match["phrase"] if match["phrase"] is not None else match["word"]
        if any(char.isalnum() for char in text):
            found.append(Clause(text.strip(), excluded=match["minus"] is not None))
    return found[:MOST_CLAUSES]
