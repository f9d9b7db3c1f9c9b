"""What any engine has of a document: its terms, and the numbers by which it is sorted and scored."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from services.search.analysis import bare, plain_terms, terms_of
from services.search.engine import Document
from services.search.scripts import DIGIT, is_unspaced
from services.search.similarity import LONGEST, SHORTEST

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_AGING = timedelta(days=8 * 365)
"""After this time an item's boost is 1/e of a new item's."""

_AGING_MICROS = _AGING / timedelta(microseconds=1)

_BETWEEN = " \ue000 "
"""Separates two versions of a text, so that no phrase matches across the boundary."""


def micros(moment: datetime) -> int:
    """The moment as the index has it, in microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def boost_at(at: datetime) -> float:
    """The factor of the score of an item of that time."""
    return boost_of(micros(at))


def boost_of(at: int) -> float:
    """The same, by the moment as the index has it."""
    return math.exp(at / _AGING_MICROS) / 1000


def document_terms(document: Document) -> dict[str, str]:
    """The values of the full-text columns of a document."""
    bodies = [segment for text in document.texts for segment in _segments(text.body, text.language)]
    words = [*document.keywords, *(tag.replace("-", " ") for tag in document.tags if document.titled)]
    languages = dict.fromkeys(text.language for text in document.texts)
    tags = [segment for word in words for language in languages for segment in _segments(word, language)]
    titles = title_terms(document)
    return {
        "title": titles["title"],
        "tags": _BETWEEN.join(dict.fromkeys(tags)),
        "body": _BETWEEN.join(bodies),
        "author": f"author:{document.author_id}" if document.author_id else "",
        "plain": titles["plain"],
    }


def title_terms(document: Document) -> dict[str, str]:
    """Those of them that its titles give."""
    titles, plain = [], []
    for text in document.texts if document.titled else ():
        titles += _segments(text.title, text.language)
        plain += plain_terms(text.title)
    return {"title": _BETWEEN.join(titles), "plain": " ".join(dict.fromkeys(plain))}


def length_of(terms: Mapping[str, str]) -> int:
    """The number of a document's terms."""
    return sum(len(terms[name].split()) for name in ("title", "tags", "body"))


def compared_terms(terms: Mapping[str, str]) -> set[str]:
    """The terms of a document that similar words may be found by."""
    return compared(" ".join(terms[name] for name in ("title", "tags", "body") if name in terms).split())


def compared(terms: Iterable[str]) -> set[str]:
    """Those of the terms that similar words may be found by."""
    return {term for term in set(terms) if _is_compared(term)}


@lru_cache(maxsize=60_000)
def _is_compared(term: str) -> bool:
    return SHORTEST <= len(bare(term)) <= LONGEST and not is_unspaced(term) and not DIGIT.search(term)


def _segments(text: str, language: str) -> list[str]:
    """The terms of a text in order, and after them each further term."""
    ordered, further = terms_of(text, language)
    return [" ".join(ordered), *dict.fromkeys(further)]
