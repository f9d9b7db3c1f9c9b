"""Where a text matches: the words of a text that has been found, to show them.

A page of hits has twenty texts of hundreds of words each, most of which occur again and again: what a search
looks for is kept with what is known of the words seen so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.search.analysis import joined_words, letters, runs, word_terms
from services.search.scripts import WORD, is_unspaced

Groups = Sequence[tuple[frozenset[str], tuple[str, ...]]]
"""For each clause of a query: whole terms that match it, and prefixes of terms that match it."""


class Marker:
    """Finds what matches one of the clauses of a query."""

    def __init__(self, groups: Groups) -> None:
        self._whole = frozenset[str]().union(*(whole for whole, _ in groups))
        self._prefixes = tuple(prefix for _, prefixes in groups for prefix in prefixes)
        self._words: dict[str, dict[str, bool]] = {}

    def spans(self, text: str, language: str) -> list[tuple[int, int]]:
        """Start and end of each match, in order. Matches that touch are joined, since pairs of letters overlap."""
        if not self._whole and not self._prefixes:
            return []
        spans: list[tuple[int, int]] = []
        for start, end in self._matches(text, language):
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], end))
            else:
                spans.append((start, end))
        return spans

    def _matches(self, text: str, language: str) -> Iterator[tuple[int, int]]:
        known = self._words.setdefault(language, {})
        joined = {
            start: end for start, end, word in joined_words(text) if self._has_any(word_terms(word, language))
        }
        if not joined and not is_unspaced(text):  # as most texts are
            for match in WORD.finditer(text):
                word = match[0]
                found = known.get(word)
                if found is None:
                    found = known[word] = self._has_any(word_terms(word, language))
                if found:
                    yield match.span()
            return
        for start, end, unspaced in runs(text):
            if unspaced:
                for token in letters(text, start, end, language):
                    if self._has(token.term):
                        yield token.start, token.end
            elif start in joined:
                yield start, joined[start]
            elif self._has_any(word_terms(text[start:end], language)):
                yield start, end

    def _has_any(self, terms: Sequence[str]) -> bool:
        return any(self._has(term) for term in terms)

    def _has(self, term: str) -> bool:
        return term in self._whole or (bool(self._prefixes) and term.startswith(self._prefixes))
