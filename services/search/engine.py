"""The port of the index: what search wants of any engine. No notion of how it is kept.

`tests/unit/search/engine_conformance.py` is what every implementation must pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.common import Kind
from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from services.search.rules import Reader

__all__ = ["Document", "Engine", "Key", "Reader", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """One language version: plain text, no markup."""

    language: str
    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What names one document."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """One item with all its language versions, original first.

    `at` (aware) is what it is sorted by: an event's start, else when it was published. `keywords` are further words
    that find it, such as a place. `titled` is False where the title belongs to something else (a reply shows its
    topic's) and must not find it. `author_id` also finds the item by its author's name.
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


class Engine(Protocol):
    """An index of documents. Nothing outside a reader's audiences counts in any answer."""

    def index(self, documents: Sequence[Document]) -> None:
        """Put documents in, each in place of what was there under its key."""

    def remove(self, keys: Sequence[Key]) -> None:
        """Take documents out; one that is not there is no error."""

    def name_author(self, author_id: str, name: str) -> None:
        """Let `name` find what this author wrote."""

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        """What the query finds. Raises `Invalid` (`cursor-shape`) for a cursor that is none."""

    def suggest(self, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
        """Titles with a word that begins as typed; those that begin so themselves first."""

    def tags(self, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
        """Tags that begin so, by how many items carry them."""

    def documents(self) -> Iterator[Document]:
        """Every document, ordered by kind and id: to compare an index with a rebuilt one."""
