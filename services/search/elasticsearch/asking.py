"""What all parts of a search ask the index by: what the reader may see, and what else is known of who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.search.elasticsearch.expressions import Query
from services.search.elasticsearch.mapping import document
from services.search.engine import Document, Reader
from services.search.places import Places, nowhere

MOST_VALUES = 1_000


@dataclass(frozen=True)
class Asking:
    """A reader who asks. `ask` takes what the search API takes; `authors` gives for each name that somebody has the ids
    of those who have it, `places` the places of a name."""

    ask: Callable[..., dict[str, Any]]
    authors: Callable[[Sequence[str]], dict[str, list[str]]]
    reader: Reader
    places: Places = nowhere

    @property
    def visible(self) -> Query:
        """What the reader may see. It is part of every query."""
        return {"terms": {"audience": list(self.reader.audiences)}}

    def languages(self) -> list[str]:
        """Every language that the reader may see something in: others must not change how a query is analysed."""
        return sorted(value for value, _ in self.values("languages", MOST_VALUES))

    def values(
        self, field: str, most: int, include: str | Sequence[str] | None = None
    ) -> list[tuple[str, int]]:
        """The values of a field that the reader may see, with their numbers of items, the most frequent first.
        `include` are the wanted values, or a pattern of them."""
        counted = self.ask(query=self.visible, aggs={"value": values_of(field, most, include)}, size=0)
        return [
            (bucket["key"], bucket["doc_count"]) for bucket in counted["aggregations"]["value"]["buckets"]
        ]

    def exists(self, queries: Sequence[Query]) -> list[bool]:
        """Of each query whether the reader may see anything that it matches."""
        if not queries:
            return []
        filters = {f"query{number}": {"filter": query} for number, query in enumerate(queries)}
        counted = self.ask(query=self.visible, aggs=filters, size=0)["aggregations"]
        return [counted[f"query{number}"]["doc_count"] > 0 for number in range(len(queries))]

    def documents(self, conditions: Sequence[Query], most: int) -> list[Document]:
        """The newest items that the reader may see and all conditions match."""
        found = self.ask(
            query={"bool": {"filter": [self.visible, *conditions]}}, sort=by_time(rising=False), size=most
        )
        return [document(hit["_source"]) for hit in found["hits"]["hits"]]


def values_of(field: str, most: int, include: str | Sequence[str] | None = None) -> Query:
    """An aggregation of the values of a field, the most frequent first."""
    terms: dict[str, Any] = {"field": field, "size": most, "order": [{"_count": "desc"}, {"_key": "asc"}]}
    return {"terms": terms if include is None else {**terms, "include": include}}


def by_time(rising: bool) -> list[dict[str, str]]:
    """The order by time, in which no two items are equal."""
    return [{name: "asc" if rising else "desc"} for name in ("at", "kind", "id")]


def all_of(conditions: Sequence[Query]) -> Query:
    """Whether all conditions match."""
    return {"bool": {"filter": list(conditions)}}


def escaped(text: str) -> str:
    """A text as a pattern of Lucene that matches it alone."""
    return "".join(char if char.isalnum() else f"\\{char}" for char in text)
