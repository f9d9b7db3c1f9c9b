"""How well an engine of search answers the judged queries in `bench/judged`.

Each file is named after its language. A line `+ id | title | body | tags | author` is a document (tags, and an author's
name, are optional), a line `? query -> id, id` a query and the documents of the same file that answer it. All documents
are in one index, and who asks reads the language of the file, then English.

Two measures, each the mean of all queries: success@3 is 1 if one of the right documents is among the first three;
nDCG@10 is the discounted gain of the right ones among the first ten, divided by that of the best order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from contracts.search import SearchQuery, SearchResult
from services.search.documents import canonical_tags
from services.search.engine import Document, Engine, Key, Reader, Text

FOLDER = Path(__file__).parent / "judged"
_WHEN = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Judged:
    """A query in a language, and the ids of the documents that answer it."""

    language: str
    q: str
    right: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What an engine found for a query: the first ten ids."""

    judged: Judged
    found: tuple[str, ...]

    @property
    def success(self) -> bool:
        """Whether a right document is among the first three."""
        return not set(self.judged.right).isdisjoint(self.found[:3])

    @property
    def ndcg(self) -> float:
        """The normalised discounted cumulative gain of the first ten."""
        gain = sum(_discount(n) for n, each in enumerate(self.found) if each in self.judged.right)
        return gain / sum(_discount(n) for n in range(len(self.judged.right)))


@dataclass(frozen=True)
class Quality:
    """The answers to all judged queries."""

    answers: tuple[Answer, ...]

    @property
    def success(self) -> float:
        """success@3 of all queries."""
        return sum(each.success for each in self.answers) / len(self.answers)

    @property
    def ndcg(self) -> float:
        """nDCG@10 of all queries."""
        return sum(each.ndcg for each in self.answers) / len(self.answers)

    def of(self, language: str) -> Quality:
        """The part in one language."""
        return Quality(tuple(each for each in self.answers if each.judged.language == language))

    @property
    def missed(self) -> list[Answer]:
        """The queries without a right document among the first three."""
        return [each for each in self.answers if not each.success]


@cache
def judged_set() -> tuple[tuple[Document, ...], tuple[tuple[str, str], ...], tuple[Judged, ...]]:
    """The documents, the authors' ids and names, and the queries."""
    documents: list[Document] = []
    names: dict[str, str] = {}
    queries: list[Judged] = []
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            mark, content = line[0], line[2:]
            if mark == "+":
                documents.append(_document(file.stem, content, names))
            else:
                q, _, right = content.rpartition(" -> ")
                ids = tuple(f"{file.stem}-{each.strip()}" for each in right.split(","))
                queries.append(Judged(file.stem, q, ids))
    return tuple(documents), tuple((author, name) for name, author in names.items()), tuple(queries)


def fill(engine: Engine) -> None:
    """Index the documents of the judged set."""
    documents, names, _ = judged_set()
    for author, name in names:
        engine.set_author_name(author, name)
    engine.index(documents)


class Searcher(Protocol):
    """What is judged."""

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        """See `Engine.search`."""


def judge(engine: Searcher) -> Quality:
    """Ask an engine that holds the judged set all of its queries."""
    return Quality(tuple(Answer(each, _ids(engine, each)) for each in judged_set()[2]))


def languages() -> Sequence[str]:
    """The languages of the judged set."""
    return sorted({each.language for each in judged_set()[2]})


def _ids(engine: Searcher, judged: Judged) -> tuple[str, ...]:
    reader = Reader(("public",), tuple(dict.fromkeys((judged.language, "en"))))
    return tuple(hit.id for hit in engine.search(SearchQuery(q=judged.q, limit=10), reader).items)


def _document(language: str, line: str, names: dict[str, str]) -> Document:
    name, title, body, tags, author = [*(part.strip() for part in line.split("|")), "", ""][:5]
    item_id = f"{language}-{name}"
    return Document(
        key=Key("topic", item_id),
        path=f"/talk/t/{item_id}",
        audience="public",
        at=_WHEN,
        texts=(Text(language, title, body),),
        author_id=names.setdefault(author, f"author{len(names)}") if author else None,
        tags=canonical_tags(tag for tag in tags.split(",") if tag.strip()),
    )


def _discount(place: int) -> float:
    return 1 / math.log2(place + 2)
