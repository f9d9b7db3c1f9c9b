"""How similar two words are: by typing errors, by a common beginning, by one being a part of the other."""

from __future__ import annotations

from dataclasses import dataclass

SHORTEST = 4
"""Words with fewer letters have no similar ones."""
LONGEST = 100
"""Nor have words with more."""

MARK = "^"
"""Stands for the beginning of a word in its pairs of letters."""

_ONE_ERROR, _TWO_ERRORS, _BEGINNING, _PART = 0.7, 0.5, 0.45, 0.4
_COMMON_BEGINNING = 0.6
"""The share of the longer word that two words with a common beginning have in common."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A term of the index that is similar to a typed word. `typo`: it may be what was meant to be typed."""

    term: str
    weight: float
    typo: bool


def pairs(word: str) -> set[str]:
    """The pairs of adjacent letters of a word, its first letter with `MARK`."""
    marked = MARK + word
    return {marked[at : at + 2] for at in range(len(marked) - 1)}


def similarity(typed: str, term: str) -> tuple[float, bool]:
    """How similar an indexed word is to a typed one, from 0 to 1, and whether it may be what was meant to be typed.

    One error (a letter too many, missing, wrong, or two interchanged) is allowed in words of five letters and more, two
    in words of eight and more.
    """
    longest = max(len(typed), len(term))
    allowed = 0 if min(len(typed), len(term)) < SHORTEST or longest < 5 else 1 if longest < 8 else 2
    if allowed and abs(len(typed) - len(term)) <= allowed:
        errors = _errors(typed, term)
        if errors <= allowed:
            return (_ONE_ERROR if errors <= 1 else _TWO_ERRORS), True
    common = _common_beginning(typed, term)
    if common >= SHORTEST and common >= _COMMON_BEGINNING * longest:
        return _BEGINNING, False
    if typed in term or (term in typed and len(term) >= 5):
        return _PART, False
    return 0.0, False


def _common_beginning(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))


def _errors(one: str, other: str) -> int:
    """The optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
