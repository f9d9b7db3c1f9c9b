"""What of a query is a condition beside the words of the texts: filters, and words that are joined with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.search import SearchHint
from core.audience import group_audience
from core.gazetteer import City
from core.search_syntax import AnyOf, Filter, Node, Not
from services.search.documents import address
from services.search.elasticsearch.asking import Asking
from services.search.elasticsearch.expressions import Query, any_of, compile_expression
from services.search.indexing import EPOCH, micros
from services.search.places import Circle, circles
from services.search.query_building import text_clause

_FIELDS = {
    "author": "author_id", "tag": "tags", "kind": "kind", "lang": "languages", "category": "category",
    "group": "audience", "has": "marks", "is": "marks", "spoken": "marks",
}  # fmt: skip
"""The fields of the index, by the names of the filters."""


def near(circle: Circle) -> Query:
    """The condition that an item is in a circle."""
    latitude, longitude = circle.center
    return {"geo_distance": {"distance": f"{circle.km}km", "point": {"lat": latitude, "lon": longitude}}}


class Conditions:
    """Conditions for a reader, and the hints on what is unknown.

    Names of people and groups that the reader may not see are as unknown as those that nobody has.
    """

    def __init__(self, asking: Asking, within: str, languages: Sequence[str], radius_km: float) -> None:
        self._asking = asking
        self._radius_km = radius_km
        self._columns = within.split()
        self._languages = list(languages) or [""]
        self.hints: list[SearchHint] = []

    def of(self, node: Node) -> Query | None:
        """The condition of a node; None if there is nothing in it to look for."""
        if isinstance(node, AnyOf):
            parts = [part for each in node.nodes if (part := self.of(each)) is not None]
            return any_of(parts) if parts else None
        if isinstance(node, Not):
            inner = self.of(node.node)
            return None if inner is None else {"bool": {"must_not": [inner]}}
        if isinstance(node, Filter):
            return self.filter(node.name, [node.value])
        clause = text_clause(node, self._languages, {})
        return None if clause is None else compile_expression(clause.expression, self._columns)

    def filter(self, name: str, values: Sequence[str]) -> Query | None:
        """The condition that an item has one of the values; None for none, or if all are names that nobody has."""
        if name == "author":
            values = [each for value in values for each in self._known(name, value, self._people(value))]
        elif name == "group":
            values = [each for value in values for each in self._known(name, value, self._groups(value))]
        elif name == "near":
            wanted = circles(values, self._radius_km, self._places, self.hints)
            return any_of([near(circle) for circle in wanted]) if wanted else None
        if not values:
            return None
        if name in ("after", "before"):
            moments = [micros(datetime.fromisoformat(value).replace(tzinfo=EPOCH.tzinfo)) for value in values]
            limit: dict[str, Any] = {"gte": min(moments)} if name == "after" else {"lt": max(moments)}
            return {"range": {"at": limit}}
        if name in ("has", "is", "spoken"):
            values = [f"{name}:{value}" for value in values]
        return {"terms": {_FIELDS[name]: list(values)}}

    def _places(self, name: str) -> Sequence[City]:
        return self._asking.places(name)

    def _people(self, name: str) -> list[str]:
        return self._asking.authors([name]).get(name, [])

    def _groups(self, slug: str) -> list[str]:
        group: list[Query] = [{"term": {"kind": "group"}}, {"term": {"path": address("groups", slug)}}]
        return [group_audience(each.key.id) for each in self._asking.documents(group, 1)]

    def _known(self, name: str, value: str, found: list[str]) -> list[str]:
        if not found:
            self.hints.append(SearchHint(code=f"{name}-unknown", text=value))
        return found
