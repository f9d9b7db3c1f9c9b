"""Which items a query selects, and how many of them have each value of a facet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.search import Facet
from core.audience import group_of
from services.search.elasticsearch.asking import MOST_VALUES as EVERY_VALUE
from services.search.elasticsearch.asking import Asking, all_of, values_of
from services.search.elasticsearch.expressions import Query
from services.search.ranking import MOST_COUNTED, MOST_VALUES
from services.search.suggesting import group_names

_FIELDS = {
    "kind": "kind", "language": "languages", "tag": "tags", "category": "category", "group": "audience", "year": "year",
}  # fmt: skip
"""The fields of the index, by facet."""

_EXACT_TO = 40_000
"""Up to so many threads their number is exact, or nearly so: Elasticsearch counts what is distinct by HyperLogLog++."""


@dataclass(frozen=True)
class Selection:
    """Which items a query selects: `matching` its words and all filters but those of facets, which are in `chosen`.
    With `once` the items of one thread count as one."""

    matching: tuple[Query, ...]
    excluded: tuple[Query, ...]
    chosen: Mapping[str, Query]
    once: bool = False

    @property
    def query(self) -> Query:
        """All but the filters of facets."""
        return {"bool": {"filter": list(self.matching), "must_not": list(self.excluded)}}

    @property
    def limited(self) -> bool:
        """Whether it has any condition but that of what the reader may see."""
        return bool(len(self.matching) > 1 or self.excluded or self.chosen)

    @property
    def chosen_query(self) -> Query:
        """The filters of facets."""
        return all_of(list(self.chosen.values()))

    def relaxed(self, words: Query) -> Selection:
        """The selection with another query for its words, which are the last condition."""
        return replace(self, matching=(*self.matching[:-1], words))


def aggregations(selected: Selection) -> Query:
    """The counts of each facet, by the filters of the others, and of the threads."""
    found: Query = {}
    for facet, field in _FIELDS.items():
        others = [condition for other, condition in selected.chosen.items() if other != facet]
        most = EVERY_VALUE if facet in ("kind", "language") else MOST_VALUES
        values = values_of(field, most, "group:.*" if facet == "group" else None)
        if facet == "year":
            values["terms"]["order"] = [{"_key": "desc"}]
        if selected.once:
            values["aggs"] = {"threads": _threads()}
            if facet != "year":
                values["terms"]["order"] = [{"threads": "desc"}, {"_key": "asc"}]
        found[facet] = {"filter": all_of(others), "aggs": {"value": values}}
    if selected.once:
        found["threads"] = {"filter": selected.chosen_query, "aggs": {"value": _threads()}}
    return found


def total_of(found: Mapping[str, Any], selected: Selection) -> tuple[int, bool]:
    """The number of hits, and whether there are more, as the embedded engine counts: `MOST_COUNTED` at the most, unless
    the query has no words."""
    if selected.once:
        total = int(found["aggregations"]["threads"]["value"]["value"])
    else:
        total = int(found["hits"]["total"]["value"])
    return (MOST_COUNTED, True) if total > MOST_COUNTED and selected.limited else (total, False)


def facets_of(found: Mapping[str, Any]) -> dict[str, list[Facet]]:
    """The facets of what was found, by name."""
    return {
        facet: [
            Facet(value=bucket["key"], count=bucket.get("threads", {}).get("value", bucket["doc_count"]))
            for bucket in found["aggregations"][facet]["value"]["buckets"]
        ]
        for facet in _FIELDS
    }


def named_groups(asking: Asking, counted: list[Facet]) -> list[Facet]:
    """The facet of groups by their slugs; without those whose page the reader can't find."""
    if not counted:
        return []
    wanted = [group_of(each.value) or "" for each in counted]
    groups: list[Query] = [{"term": {"kind": "group"}}, {"terms": {"id": wanted}}]
    return group_names(
        counted,
        {each.key.id: (each.path, each.texts) for each in asking.documents(groups, len(wanted))},
        asking.reader,
    )


def _threads() -> Query:
    return {"cardinality": {"field": "thread", "precision_threshold": _EXACT_TO}}
