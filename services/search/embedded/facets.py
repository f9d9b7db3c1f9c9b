"""Exact totals and facets of the embedded engine, over the items that the reader may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import Facet, SearchQuery
from services.search.embedded.hits import run

MOST_TAGS = 30
VISIBLE = "audience IN (SELECT value FROM json_each(:audiences))"
"""The condition that every returned or counted row must meet."""

FACETS = {
    "kind": ("kinds", "kind IN (SELECT value FROM json_each(:kinds))"),
    "language": (
        "languages",
        (
            "EXISTS (SELECT 1 FROM item_language AS l WHERE l.row = item.row"
            " AND l.language IN (SELECT value FROM json_each(:languages)))"
        ),
    ),
    "tag": (
        "tags",
        "item.row IN (SELECT row FROM item_tag WHERE tag IN (SELECT value FROM json_each(:tags)))",
    ),
}


def chosen(query: SearchQuery) -> dict[str, str]:
    """The conditions of the facets that the query filters by, by facet."""
    return {facet: condition for facet, (field, condition) in FACETS.items() if getattr(query, field)}


def count(
    session: Session, chosen: dict[str, str], required: str, where: str, values: dict[str, Any]
) -> tuple[int, dict[str, list[Facet]]]:
    """The exact total, and for each facet the number of hits that each value would give with the other filters.

    `chosen` are the conditions of the facets that the query filters by, `where` all other conditions, `required` the
    FTS5 expression (`""` for none).
    """
    anything = not required and where == VISIBLE
    if anything and not chosen:
        found = _tallied(session, values)
        return sum(facet.count for facet in found["kind"]), found
    if anything and len(chosen) == 1:
        # A facet's own values are counted without its filter, which is what the tally holds; the others with it.
        (facet, condition), tallied = next(iter(chosen.items())), _tallied(session, values)
        total, found = _counted(session, {}, "", f"{where} AND {condition}", values)
        return total, found | {facet: tallied[facet]}
    return _counted(session, chosen, required, where, values)


def _counted(
    session: Session, chosen: dict[str, str], required: str, where: str, values: dict[str, Any]
) -> tuple[int, dict[str, list[Facet]]]:
    flags = ", ".join(f"{chosen.get(facet, '1')} AS is_{facet}" for facet in FACETS)
    # CROSS JOIN makes SQLite keep the order as written: full-text matches first.
    source = "words CROSS JOIN item ON item.row = words.rowid" if required else "item"
    matched = "words MATCH :required AND " if required else ""
    counted = run(
        session,
        f"WITH found AS MATERIALIZED (SELECT item.row AS row, kind, {flags} FROM {source} WHERE {matched}{where})"  # noqa: S608
        " SELECT '', '', count(*) FROM found WHERE is_kind AND is_language AND is_tag"
        " UNION ALL SELECT 'kind', kind, count(*) FROM found WHERE is_language AND is_tag GROUP BY kind"
        " UNION ALL SELECT 'language', language, count(*) FROM found CROSS JOIN item_language USING (row)"
        " WHERE is_kind AND is_tag GROUP BY language"
        " UNION ALL SELECT 'tag', tag, count(*) FROM found CROSS JOIN item_tag USING (row)"
        " WHERE is_kind AND is_language GROUP BY tag",
        values,
    ).all()
    total = next(number for facet, _, number in counted if not facet)
    return total, _sorted_facets((facet, value, number) for facet, value, number in counted if facet)


def _tallied(session: Session, values: dict[str, Any]) -> dict[str, list[Facet]]:
    return _sorted_facets(
        run(
            session,
            f"SELECT facet, value, sum(items) FROM tally WHERE {VISIBLE}"  # noqa: S608
            " GROUP BY facet, value HAVING sum(items) > 0",
            values,
        )
    )


def _sorted_facets(counted: Iterable[Any]) -> dict[str, list[Facet]]:
    found: dict[str, list[Facet]] = {facet: [] for facet in FACETS}
    for facet, value, number in counted:
        found[facet].append(Facet(value=value, count=number))
    for facets in found.values():
        facets.sort(key=lambda each: (-each.count, each.value))
    found["tag"] = found["tag"][:MOST_TAGS]
    return found
