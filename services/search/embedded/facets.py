"""Which items a query finds, and totals and facets of them, of what the reader may see: exact up to `MOST_COUNTED`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from contracts.search import Facet
from core.audience import group_of
from services.search.embedded.conditions import VISIBLE
from services.search.embedded.hits import run
from services.search.ranking import MOST_COUNTED, MOST_VALUES

FACETS = ("kind", "language", "tag", "category", "group")
"""The facets that a query filters by; `year` is counted beside them."""


@dataclass(frozen=True)
class Selection:
    """Which items a query finds.

    `matched` is a table with the `rowid` of what its words match and `matching` the condition on it, both `""` for
    every item. `chosen` are the conditions of the facets that it filters by, by facet, `where` all other conditions,
    `values` the parameters of them all. With `once` the items of one thread count as one.
    """

    matched: str
    matching: str
    chosen: Mapping[str, str]
    where: str
    values: Mapping[str, Any]
    once: bool = False

    @property
    def source(self) -> str:
        """What to select from. CROSS JOIN makes SQLite keep the order as written: full-text matches first."""
        return (
            f"{self.matched} AS matched CROSS JOIN item ON item.row = matched.rowid"
            if self.matched
            else "item"
        )

    @property
    def newest(self) -> str:
        """The order in which the newest come first: what was indexed last, for which SQLite need not sort."""
        return "matched.rowid DESC" if self.matched else "at DESC"

    @property
    def conditions(self) -> str:
        """All conditions."""
        return " AND ".join(self._all(*self.chosen.values()))

    @property
    def others(self) -> str:
        """All conditions but those of facets."""
        return " AND ".join(self._all())

    def without(self, facet: str) -> Selection:
        """The selection of whose items the values of a facet are counted: by all conditions but its own."""
        conditions = [condition for other, condition in self.chosen.items() if other != facet]
        return replace(self, chosen={}, where=" AND ".join([self.where, *conditions]))

    def _all(self, *more: str) -> list[str]:
        return [*([self.matching] if self.matching else []), self.where, *more]


class Item(NamedTuple):
    """One item that was found: the columns of `COLUMNS`."""

    row: int
    kind: str
    id: str
    audience: str
    category: str | None
    at: int
    length: int
    one: str
    """The same for all items of a thread."""
    languages: str
    tags: str


COLUMNS = (
    "item.row, kind, id, audience, category, at, length, coalesce(thread, kind || id), languages, item.tags"
)


@dataclass(frozen=True)
class Counted:
    """The items that a selection finds, how many these are, and of each facet the values. `more`: there are more than
    `MOST_COUNTED`, and these are the newest."""

    items: list[Item]
    total: int
    more: bool
    facets: dict[str, list[Facet]]


def count(session: Session, found: Selection) -> Counted:
    """What is found, and for each facet the number of hits that each value would give with the other filters."""
    anything = not found.matched and found.where == VISIBLE
    if anything and not found.chosen:
        tallied = _tallied(session, found.values)
        return Counted([], sum(facet.count for facet in tallied["kind"]), False, _most(tallied))
    counted = _counted(session, found)
    if counted.more and found.chosen:
        # Of the newest items without the filters few may pass them.
        counted = _counted(session, found.without(""))
        own = {facet: _counted(session, found.without(facet)).facets[facet] for facet in found.chosen}
        counted = replace(counted, facets=counted.facets | own)
    if anything and len(found.chosen) == 1:
        # A facet's own values are counted without its filter, which is what the tally holds.
        (facet,), tallied = found.chosen, _tallied(session, found.values)
        counted = replace(counted, facets=counted.facets | {facet: tallied[facet]})
    return replace(counted, facets=_most(counted.facets))


def _counted(session: Session, found: Selection) -> Counted:
    conditions = "".join(f", {condition}" for condition in found.chosen.values())
    rows = run(
        session,
        f"SELECT {COLUMNS}{conditions} FROM {found.source} WHERE {found.others}"  # noqa: S608
        f" ORDER BY {found.newest} LIMIT {MOST_COUNTED + 1}",
        dict(found.values),
    ).fetchall()
    columns = len(Item._fields)
    items = [Item(*row[:columns]) for row in rows[:MOST_COUNTED]]
    passes = [row[columns:] for row in rows[:MOST_COUNTED]]
    passing = [item for item, flags in zip(items, passes, strict=True) if all(flags)]
    facets = {}
    for facet in _VALUES:
        counted = passing
        if facet in found.chosen:
            own = list(found.chosen).index(facet)
            others = (all((*flags[:own], *flags[own + 1 :])) for flags in passes)
            counted = [item for item, each in zip(items, others, strict=True) if each]
        facets[facet] = _count(counted, facet, found.once)
    total = len({item.one for item in passing}) if found.once else len(passing)
    return Counted(passing, total, len(rows) > MOST_COUNTED, facets)


def _count(items: Sequence[Item], facet: str, once: bool) -> list[Facet]:
    raw_of, values_of = _VALUES[facet]
    counted: Counter[str] = Counter()
    # What many items have alike is split once.
    if once and len({item.one for item in items}) < len(items):
        pairs = set(zip(raw_of(items), (item.one for item in items), strict=True))
        counted.update(value for value, _ in {(value, one) for raw, one in pairs for value in values_of(raw)})
    else:
        for raw, number in Counter(raw_of(items)).items():
            for value in values_of(raw):
                counted[value] += number
    return [Facet(value=value, count=number) for value, number in counted.items()]


_DAY = 86_400_000_000


@lru_cache(maxsize=10_000)
def _year(day: int) -> tuple[str]:
    return (f"{datetime.fromtimestamp(day * 86_400, UTC).year:04}",)


def year_of(at: int) -> str:
    """The year (UTC) of a moment in microseconds since 1970."""
    return _year(at // _DAY)[0]


_Raw = Callable[[Sequence[Item]], Sequence[Any]]
_Values = Callable[[Any], Sequence[str]]
_VALUES: Mapping[str, tuple[_Raw, _Values]] = {
    "kind": (lambda items: [item.kind for item in items], lambda kind: (kind,)),
    "language": (lambda items: [item.languages for item in items], lambda languages: languages.split()),
    "tag": (lambda items: [item.tags for item in items], lambda tags: tags.split()),
    "category": (
        lambda items: [item.category for item in items],
        lambda category: () if category is None else (category,),
    ),
    "group": (
        lambda items: [item.audience for item in items],
        lambda audience: () if group_of(audience) is None else (audience,),
    ),
    "year": (lambda items: [item.at // _DAY for item in items], _year),
}
"""For each facet what of an item has its values, and the values of that."""


def _tallied(session: Session, values: Mapping[str, Any]) -> dict[str, list[Facet]]:
    found: dict[str, list[Facet]] = {facet: [] for facet in _VALUES}
    counted = run(
        session,
        f"SELECT facet, value, sum(items) FROM tally WHERE {VISIBLE}"  # noqa: S608
        " GROUP BY facet, value HAVING sum(items) > 0",
        dict(values),
    )
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
