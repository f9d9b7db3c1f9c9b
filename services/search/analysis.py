"""From text to terms: what makes two spellings of a word one word, in each language.

A term is what stands in the index for a word. A document's words become terms by its own language; a query's words
become terms by every language in the index, so a word is found whatever language the interface speaks. Terms of a
language with a stemmer carry its name (`es:cas`), so a Spanish stem never meets an English one by chance; all others
share one namespace. Scripts without spaces give pairs of letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.search.folding import fold
from services.search.scripts import UNSPACED, WORD, clusters, script
from services.search.stemming import analyser, query_variants, stem

LONGEST_WORD = 60
"""Letters of a word that count; what is longer is no word that anybody looks for."""


@dataclass(frozen=True, slots=True)
class Token:
    """One term and where its word stands in the text."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One place of a phrase: any of `terms`, or, with `prefix`, any word that begins with the first."""

    terms: tuple[str, ...]
    prefix: bool = False


Phrase = tuple[Wanted, ...]
"""Terms that must stand side by side."""


def tokens(text: str, language: str) -> Iterator[Token]:
    """The terms of a document's text, in order."""
    for start, end, unspaced in _runs(text):
        if not unspaced:
            if term := word_term(text[start:end], language):
                yield Token(term, start, end)
            continue
        letters = clusters(text, start, end)
        for index, (first, last) in enumerate(letters):
            # Each pair, and the last letter alone, so that a search for one letter can look for what begins with it.
            until = letters[index + 1][1] if index + 1 < len(letters) else last
            yield Token(fold(text[first:until], ""), first, until)


@lru_cache(maxsize=60_000)
def word_term(word: str, language: str) -> str:
    """The term of one word in a document of that language; `""` where nothing is left of it."""
    name = analyser(language, script(word))
    folded = stem(fold(word[:LONGEST_WORD], name), name)
    return f"{name}:{folded}" if name and folded else folded


def phrases(text: str, language: str) -> list[Phrase]:
    """What to look for in documents of `language` for a piece of a query: phrases that must all occur.

    Words that the query wrote as one (`foo-bar`, `l'eau`) are one phrase; so are the pairs of a run of letters
    without spaces.
    """
    found: list[Phrase] = []
    words: list[Wanted] = []
    for start, end, unspaced in _runs(text):
        if not unspaced:
            name = analyser(language, script(text[start:end]))
            terms = query_variants(fold(text[start:end][:LONGEST_WORD], name), name)
            if terms:
                words.append(Wanted(tuple(f"{name}:{term}" if name else term for term in terms)))
            continue
        if words:
            found.append(tuple(words))
            words = []
        found.append(_pairs(text, start, end))
    if words:
        found.append(tuple(words))
    return found


def plain_terms(text: str) -> list[str]:
    """The words of a title as people type them: folded, not stemmed; for suggestions."""
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


def typed_terms(text: str) -> list[Wanted]:
    """The words of a suggestion's beginning; the last one may be unfinished."""
    found: list[Wanted] = []
    for start, end, unspaced in _runs(text):
        if unspaced:
            found += _pairs(text, start, end)
        elif folded := fold(text[start:end][:LONGEST_WORD], ""):
            found.append(Wanted((folded,)))
    if found and not text[-1].isspace():
        found[-1] = Wanted(found[-1].terms, prefix=True)
    return found


def _pairs(text: str, start: int, end: int) -> Phrase:
    letters = clusters(text, start, end)
    if len(letters) == 1:
        return (Wanted((fold(text[start:end], ""),), prefix=True),)
    return tuple(
        Wanted((fold(text[first : letters[index + 1][1]], ""),))
        for index, (first, _) in enumerate(letters[:-1])
    )


def _runs(text: str) -> Iterator[tuple[int, int, bool]]:
    """The words of a text: where each starts and ends, and whether it is a run of letters written without spaces."""
    for match in WORD.finditer(text):
        start, end = match.span()
        if not _HAS_UNSPACED.search(text, start, end):
            yield start, end, False
            continue
        for part in _PARTS.finditer(text, start, end):
            yield part.start(), part.end(), part.lastgroup == "unspaced"


_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
_PARTS = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|[^{UNSPACED}]+")
