"""What of a query is a condition on the small rows of the index: filters, and words that are joined with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import SearchHint
from core.audience import group_audience
from core.search_syntax import AnyOf, Filter, Node, Not, Query
from services.search.documents import address
from services.search.embedded.hits import run
from services.search.engine import Reader
from services.search.folding import fold
from services.search.indexing import EPOCH, micros
from services.search.places import Circle, Places, circles, on_sphere
from services.search.query_building import COLUMNS, text_clause

VISIBLE = "audience IN (SELECT value FROM json_each(:audiences))"
"""The condition that every returned or counted row must meet."""

_LISTED = "(SELECT value FROM json_each(:{}))"
_SQL = {
    "author": "item.author_id IN {}",
    "tag": "item.row IN (SELECT row FROM item_tag WHERE tag IN {})",
    "kind": "item.kind IN {}",
    "lang": "EXISTS (SELECT 1 FROM json_each(:{}) WHERE instr(' ' || item.languages || ' ', ' ' || value || ' '))",
    "category": "item.category IN {}",
    # The second half lets SQLite use the index of what is in groups.
    "group": "item.audience IN {} AND item.audience BETWEEN 'group:' AND 'group;'",
    "has": "item.row IN (SELECT row FROM item_mark WHERE mark IN {})",
    "is": "item.row IN (SELECT row FROM item_mark WHERE mark IN {})",
    "spoken": "item.row IN (SELECT row FROM item_mark WHERE mark IN {})",
    "after": "item.at >= (SELECT min(value) FROM json_each(:{}))",
    "before": "item.at < (SELECT max(value) FROM json_each(:{}))",
}


class Conditions:
    """SQL conditions on a row of `item` for a reader, the parameters of them all, and the hints on what is unknown.

    Names of people and groups that the reader may not see are as unknown as those that nobody has.
    """

    def __init__(
        self, session: Session, reader: Reader, query: Query, languages: Sequence[str], places: Places
    ) -> None:
        self._session = session
        self._reader = reader
        self._within = COLUMNS[query.within]
        self._radius_km, self._places = query.radius_km, places
        self._languages = list(languages) or [""]
        self.values: dict[str, Any] = {"audiences": json.dumps(reader.audiences)}
        self.hints: list[SearchHint] = []

    def of(self, node: Node) -> str:
        """The condition of a node; `""` if there is nothing in it to look for."""
        if isinstance(node, AnyOf):
            parts = [part for each in node.nodes if (part := self.of(each))]
            return f"({' OR '.join(parts)})" if parts else ""
        if isinstance(node, Not):
            inner = self.of(node.node)
            # A comparison with a missing category is neither true nor false.
            return f"NOT coalesce({inner}, 0)" if inner else ""
        if isinstance(node, Filter):
            return self.filter(node.name, [node.value])
        clause = text_clause(node, self._languages, {})
        if clause is None:
            return ""
        name = self._name(f"{{{self._within}}} : ({clause.expression})")
        return f"item.row IN (SELECT rowid FROM words WHERE words MATCH :{name})"  # noqa: S608 - a made name

    def filter(self, name: str, values: Sequence[str]) -> str:
        """The condition that an item has one of the values; `""` for none, or if all are names that nobody has."""
        if name == "near":
            return self._near(circles(values, self._radius_km, self._places, self.hints))
        found = self._stored(name, values)
        if not found:
            return ""
        written = json.dumps(found)
        condition = _SQL[name]
        if "json_each" in condition:
            return condition.format(self._name(written))
        return condition.format(_LISTED.format(self._name(written)))

    def _near(self, wanted: Sequence[Circle]) -> str:
        """The condition that an item is in one of the circles: in the box around it, by an index, and near enough."""
        parts = []
        for circle in wanted:
            center = [self._name(each) for each in on_sphere(circle.center)]
            chord = self._name(circle.chord)
            axes = list(zip("xyz", center, strict=True))
            box = " AND ".join(f"{axis} BETWEEN :{at} - :{chord} AND :{at} + :{chord}" for axis, at in axes)
            line = " + ".join(f"({axis} - :{at}) * ({axis} - :{at})" for axis, at in axes)
            parts.append(f"SELECT row FROM item_point WHERE {box} AND {line} <= :{chord} * :{chord}")  # noqa: S608
        return f"item.row IN ({' UNION ALL '.join(parts)})" if parts else ""

    def _stored(self, name: str, values: Sequence[str]) -> list[Any]:
        """The values as the index has them."""
        if name == "author":
            return [each for value in values for each in self._authors(value)]
        if name == "group":
            return [each for value in values for each in self._groups(value)]
        if name in ("has", "is", "spoken"):
            return [f"{name}:{value}" for value in values]
        if name in ("after", "before"):
            return [micros(datetime.fromisoformat(value).replace(tzinfo=EPOCH.tzinfo)) for value in values]
        return list(values)

    def _authors(self, name: str) -> list[str]:
        rows = run(
            self._session,
            "SELECT author_id FROM author_name WHERE folded = :name",
            {"name": fold(name, "")},
        )
        return [author for (author,) in rows] or self._unknown("author", name)

    def _groups(self, slug: str) -> list[str]:
        rows = run(
            self._session,
            "SELECT id FROM item CROSS JOIN item_text USING (row)"  # noqa: S608 - a constant
            f" WHERE kind = 'group' AND group_path = :path AND {VISIBLE}",
            {"path": address("groups", slug), "audiences": self.values["audiences"]},
        )
        return [group_audience(group) for (group,) in rows] or self._unknown("group", slug)

    def _unknown(self, name: str, value: str) -> list[str]:
        self.hints.append(SearchHint(code=f"{name}-unknown", text=value))
        return []

    def _name(self, value: Any) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return name
