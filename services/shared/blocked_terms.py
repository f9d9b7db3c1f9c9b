"""Finds blocked terms in texts. No person's pattern is ever run as a regular expression: the time grows with the length
of the text, not with what it says.

A term without `*` is found where its words stand whole, and where a script puts no spaces between words, anywhere. A
term with `*` is a pattern of one word, or of a link or other run of characters without spaces: `*` stands for any of
them. Both are compared as names are (`core.look_alikes`), so that look-alikes and invisible characters hide nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from contracts.writing_rules import BlockedTerm
from core.look_alikes import is_written_without_spaces, look_alike_forms, skeleton

ANY = "*"
_SCHEME = skeleton("://")


@dataclass(frozen=True)
class _Form:
    """A text in one form: its words in their order with a space before and after each, and its runs without spaces, a
    line break before and after each."""

    words: str
    runs: str


class Compared:
    """A text, as terms are looked for in it."""

    def __init__(self, text: str) -> None:
        self._forms = [_form(each) for each in set(look_alike_forms(text))]

    def has(self, term: str) -> bool:
        """Whether a term is in it."""
        found = _term(term)
        return any(found.stands_in(form) for form in self._forms)


class _Words:
    """A term of whole words."""

    def __init__(self, text: str) -> None:
        self._keys = {key for form in look_alike_forms(text) if (key := _words_of(form).strip())}
        self._anywhere = is_written_without_spaces(text)

    def stands_in(self, form: _Form) -> bool:
        return any((key if self._anywhere else f" {key} ") in form.words for key in self._keys)


class _Pattern:
    """A term with `*`: the pieces between them, in each form."""

    def __init__(self, text: str) -> None:
        pieces = [look_alike_forms(piece) for piece in text.split(ANY)]
        self._keys = set(zip(*pieces, strict=True))

    def stands_in(self, form: _Form) -> bool:
        return any(_stands_in(form.runs, pieces) for pieces in self._keys)


def _stands_in(runs: str, pieces: Sequence[str]) -> bool:
    """Whether a run fits. Only those are compared that have the longest piece in them, for few have."""
    longest = max(pieces, key=len)
    at = runs.find(longest)
    while at >= 0:
        end = runs.index("\n", at)
        if _fits(runs[runs.rindex("\n", 0, at) + 1 : end], pieces):
            return True
        at = runs.find(longest, end)
    return False


def _fits(run: str, pieces: Sequence[str]) -> bool:
    """Whether the pieces stand in a run in their order, the first at its beginning and the last at its end."""
    first, *inner, last = pieces
    if len(run) < len(first) + len(last) or not (run.startswith(first) and run.endswith(last)):
        return False
    at, end = len(first), len(run) - len(last)
    for piece in inner:
        found = run.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def is_term(text: str) -> bool:
    """Whether a term has anything to look for: two letters or digits."""
    return sum(char.isalnum() for char in text) > 1


def found_in(terms: Iterable[BlockedTerm], text: str, before: str = "") -> Iterator[BlockedTerm]:
    """The terms that are in a text, without those that were in what it replaces."""
    terms = list(terms)
    if not terms:
        return
    new, old = Compared(text), Compared(before) if before else None
    for term in terms:
        if new.has(term.text) and not (old is not None and old.has(term.text)):
            yield term


def _form(text: str) -> _Form:
    words = _words_of(text)
    runs = set(words.split())
    for run in set(text.split()):
        runs.add(_bare(run))
        if _SCHEME in run:
            runs.add(_bare(run.partition(_SCHEME)[2]))
    return _Form(words, "\n".join(["", *sorted(runs - {""}), ""]))


def _words_of(text: str) -> str:
    """The words, with a space before and after each; a mark belongs to the letter that it stands on."""
    outside = {
        ord(char): " " for char in set(text) if not char.isalnum() and unicodedata.category(char)[0] != "M"
    }
    return f" {' '.join(text.translate(outside).split())} "


def _bare(run: str) -> str:
    """A word or link without the signs around it, such as brackets."""
    start, end = 0, len(run)
    while start < end and unicodedata.category(run[start])[0] == "P":
        start += 1
    while end > start and unicodedata.category(run[end - 1])[0] == "P":
        end -= 1
    return run[start:end]


@lru_cache(maxsize=2_000)
def _term(text: str) -> _Words | _Pattern:
    return _Pattern(text) if ANY in text else _Words(text)
