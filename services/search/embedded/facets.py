"""Exact totals and facets of the embedded engine, over the items that the reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import Facet
from services.search.embedded.conditions import VISIBLE
from services.search.embedded.hits import run
from services.search.ranking import MOST_VALUES

FACETS = ("kind", "language", "tag", "category", "group")
"""The facets that a query filters by; `year` is counted beside them."""

YEAR = "strftime('%Y', at / 1000000, 'unixepoch')"
GROUP = "iif(audience LIKE 'group:%', audience, NULL)"


@dataclass(frozen=True)
class Selection:
    """Which items a query finds.

    `matched` selects the `rowid` of what its words match, `""` for every item. `chosen` are the conditions of the
    facets that it filters by, by facet, `where` all other conditions, `values` the parameters of them all. With `once`
    the items of one thread count as one.
    """

    matched: str
    chosen: Mapping[str, str]
    where: str
    values: Mapping[str, Any]
    once: bool = False

    @property
    def source(self) -> str:
        """What to select from. CROSS JOIN makes SQLite keep the order as written: full-text matches first."""
        return (
            f"({self.matched}) AS matched CROSS JOIN item ON item.row = matched.rowid"
            if self.matched
            else "item"
        )

    @property
    def conditions(self) -> str:
        """All conditions."""
        return " AND ".join([self.where, *self.chosen.values()])


THREAD = "coalesce(thread, kind || id)"


def count(session: Session, found: Selection) -> tuple[int, dict[str, list[Facet]]]:
    """The exact total, and for each facet the number of hits that each value would give with the other filters."""
    anything = not found.matched and found.where == VISIBLE
    if anything and not found.chosen:
        tallied = _tallied(session, found.values)
        return sum(facet.count for facet in tallied["kind"]), _most(tallied)
    if anything and len(found.chosen) == 1:
        # A facet's own values are counted without its filter, which is what the tally holds; the others with it.
        (facet, condition), tallied = next(iter(found.chosen.items())), _tallied(session, found.values)
        total, counted = _counted(session, Selection("", {}, f"{found.where} AND {condition}", found.values))
        return total, _most(counted | {facet: tallied[facet]})
    total, counted = _counted(session, found)
    return total, _most(counted)


def _counted(session: Session, found: Selection) -> tuple[int, dict[str, list[Facet]]]:
    flags = {facet: found.chosen.get(facet, "1") for facet in FACETS}
    number = "count(DISTINCT thread)" if found.once else "count(*)"
    thread = f", {THREAD} AS thread" if found.once else ""

    def others(own: str) -> str:
        # Facets that nothing filters by need no condition.
        needed = [f"is_{facet}" for facet in FACETS if facet != own and facet in found.chosen]
        return " AND ".join(needed) or "1"

    chosen = "".join(f", {flags[facet]} AS is_{facet}" for facet in FACETS if facet in found.chosen)
    counted = run(
        session,
        f"WITH found AS MATERIALIZED (SELECT item.row AS row, kind, category, {GROUP} AS grouped, {YEAR} AS year"  # noqa: S608
        f"{thread}{chosen} FROM {found.source} WHERE {found.where})"
        f" SELECT '', '', {number} FROM found WHERE {others('')}"
        f" UNION ALL SELECT 'kind', kind, {number} FROM found WHERE {others('kind')} GROUP BY kind"
        f" UNION ALL SELECT 'language', language, {number} FROM found CROSS JOIN item_language USING (row)"
        f" WHERE {others('language')} GROUP BY language"
        f" UNION ALL SELECT 'tag', tag, {number} FROM found CROSS JOIN item_tag USING (row)"
        f" WHERE {others('tag')} GROUP BY tag"
        f" UNION ALL SELECT 'category', category, {number} FROM found"
        f" WHERE category IS NOT NULL AND {others('category')} GROUP BY category"
        f" UNION ALL SELECT 'group', grouped, {number} FROM found"
        f" WHERE grouped IS NOT NULL AND {others('group')} GROUP BY grouped"
        f" UNION ALL SELECT 'year', year, {number} FROM found WHERE {others('')} GROUP BY year",
        dict(found.values),
    ).fetchall()
    total = next(items for facet, _, items in counted if not facet)
    return total, _by_facet((facet, value, items) for facet, value, items in counted if facet)


def _tallied(session: Session, values: Mapping[str, Any]) -> dict[str, list[Facet]]:
    return _by_facet(
        run(
            session,
            f"SELECT facet, value, sum(items) FROM tally WHERE {VISIBLE}"  # noqa: S608
            " GROUP BY facet, value HAVING sum(items) > 0",
            dict(values),
        )
    )


def _by_facet(counted: Iterable[Any]) -> dict[str, list[Facet]]:
    found: dict[str, list[Facet]] = {facet: [] for facet in (*FACETS, "year")}
    for facet, value, number in counted:
        found[facet].append(Facet(value=value, count=number))
    return found


def _most(found: dict[str, list[Facet]]) -> dict[str, list[Facet]]:
    """The most frequent values of each facet first; years from the last one on."""
    for facet, counted in found.items():
        if facet == "year":
            counted.sort(key=lambda each: each.value, reverse=True)
        else:
            counted.sort(key=lambda each: (-each.count, each.value))
    return {
        facet: counted if facet in ("kind", "language") else counted[:MOST_VALUES]
        for facet, counted in found.items()
    }
