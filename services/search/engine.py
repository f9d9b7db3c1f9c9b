"""The port of the search engine: what the service needs of any index.

Every implementation must pass `tests/unit/search/engine_conformance.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.common import Kind
from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from services.search.rules import Reader

__all__ = ["Document", "Engine", "Key", "Reader", "Text", "Writer"]


@dataclass(frozen=True, slots=True)
class Text:
    """One language version: plain text, no markup."""

    language: str
    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """The identity of a document."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """One item with all its language versions, original first.

    `at` (timezone-aware) is the time to sort by: an event's start, otherwise the publication. `keywords` are further
    words that find the item, such as a place. With `titled` False the title is shown but not searched: a reply has the
    title of its topic. `author_id` lets a search for the author's name find the item. `thread` is the same for a topic
    and its replies, None for what stands alone. `marks` are what `has:`, `is:` and `spoken:` filter by,
    such as `has:picture`. `point` is where it takes place: latitude and longitude in degrees.
    """

    key: Key
    path: str
    audience: str
    at: datetime
    texts: tuple[Text, ...]
    author_id: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    titled: bool = True
    thread: str | None = None
    marks: tuple[str, ...] = ()
    point: tuple[float, float] | None = None


class Writer(Protocol):
    """What the handlers of events write to."""

    def index(self, documents: Sequence[Document]) -> None:
        """Add documents; each replaces the document that has the same key."""

    def remove(self, keys: Sequence[Key]) -> None:
        """Remove documents; keys that are not in the index are ignored."""

    def set_author_name(self, author_id: str, name: str) -> None:
        """Set the name under which a search finds what this author wrote."""


class Engine(Writer, Protocol):
    """An index of documents. No result, total or facet takes in a document outside the reader's audiences."""

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        """One page of what the query finds. Raises `Invalid` with the fault `cursor-shape`."""

    def suggest(self, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
        """Titles that have words beginning as typed; titles that themselves begin so come first."""

    def tags(self, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
        """Tags that begin with `prefix`, the most used first."""

    def documents(self) -> Iterator[Document]:
        """Every document, ordered by kind and id; tests compare an index with a rebuilt one by it."""
