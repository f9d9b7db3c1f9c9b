"""Text analysis: turns texts and queries into the terms of the index.

A term is the form under which a word is indexed. The words of a document are analysed by the document's language; the
words of a query by every language in the index, so a word is found whatever the language of the interface. Terms of a
language that has a stemmer are prefixed with its code (`es:cas`), so that stems of two languages never coincide by
chance; all other languages share one namespace. Scripts without spaces are indexed as pairs of adjacent letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.search.folding import fold
from services.search.scripts import UNSPACED, WORD, clusters, script
from services.search.stemming import analyser_name, query_variants, stem

LONGEST_WORD = 60
"""The most characters of a word that are indexed."""


@dataclass(frozen=True, slots=True)
class Token:
    """One term, with the start and end of its word in the text."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One position of a phrase: any of `terms` matches; with `prefix`, any term that begins with the first one."""

    terms: tuple[str, ...]
    prefix: bool = False


Phrase = tuple[QueryTerm, ...]
"""Terms that must be adjacent."""


def tokens(text: str, language: str) -> Iterator[Token]:
    """The terms of a document's text, in order."""
    for start, end, unspaced in _runs(text):
        if not unspaced:
            if term := word_term(text[start:end], language):
                yield Token(term, start, end)
            continue
        letters = clusters(text, start, end)
        for index, (first, last) in enumerate(letters):
            # Each pair, and the last letter alone: a search for a single letter looks for terms that begin with it.
            until = letters[index + 1][1] if index + 1 < len(letters) else last
            yield Token(fold(text[first:until], ""), first, until)


@lru_cache(maxsize=60_000)
def word_term(word: str, language: str) -> str:
    """The term of one word in a document of `language`; `""` if nothing is left of it."""
    name = analyser_name(language, script(word))
    folded = stem(fold(word[:LONGEST_WORD], name), name)
    return f"{name}:{folded}" if name and folded else folded


def phrases(text: str, language: str) -> list[Phrase]:
    """The phrases that must all occur in a document of `language` for it to match a clause of a query.

    The parts of a word such as `foo-bar` or `l'eau` are one phrase; so are the pairs of letters of an unspaced script.
    """
    found: list[Phrase] = []
    words: list[QueryTerm] = []
    for start, end, unspaced in _runs(text):
        if not unspaced:
            name = analyser_name(language, script(text[start:end]))
            terms = query_variants(fold(text[start:end][:LONGEST_WORD], name), name)
            if terms:
                words.append(QueryTerm(tuple(f"{name}:{term}" if name else term for term in terms)))
            continue
        if words:
            found.append(tuple(words))
            words = []
        found.append(_pairs(text, start, end))
    if words:
        found.append(tuple(words))
    return found


def plain_terms(text: str) -> list[str]:
    """The words of a title, folded but not stemmed; for suggestions."""
    found = []
    for start, end, unspaced in _runs(text):
        if unspaced:
            letters = clusters(text, start, end)
            found += [
                fold(text[first : letters[min(i + 1, len(letters) - 1)][1]], "")
                for i, (first, _) in enumerate(letters)
            ]
        elif folded := fold(text[start:end][:LONGEST_WORD], ""):
            found.append(folded)
    return found


def typed_terms(text: str) -> list[QueryTerm]:
    """The words that somebody has typed so far; the last one is a prefix unless a space follows it."""
    found: list[QueryTerm] = []
    for start, end, unspaced in _runs(text):
        if unspaced:
            found += _pairs(text, start, end)
        elif folded := fold(text[start:end][:LONGEST_WORD], ""):
            found.append(QueryTerm((folded,)))
    if found and not text[-1].isspace():
        found[-1] = QueryTerm(found[-1].terms, prefix=True)
    return found


def _pairs(text: str, start: int, end: int) -> Phrase:
    letters = clusters(text, start, end)
    if len(letters) == 1:
        return (QueryTerm((fold(text[start:end], ""),), prefix=True),)
    return tuple(
        QueryTerm((fold(text[first : letters[index + 1][1]], ""),))
        for index, (first, _) in enumerate(letters[:-1])
    )


def _runs(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each word of a text, and whether it is a run of letters of an unspaced script."""
    for match in WORD.finditer(text):
        start, end = match.span()
        if not _HAS_UNSPACED.search(text, start, end):
            yield start, end, False
            continue
        for part in _PARTS.finditer(text, start, end):
            yield part.start(), part.end(), part.lastgroup == "unspaced"


_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
_PARTS = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|[^{UNSPACED}]+")
