"""The decisions of search: what a viewer may see, and which queries are valid. Plain functions, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.errors import invalid
from contracts.search import SearchQuery
from core.audience import Viewer, audiences
from core.search_filters import kilometres, value_of
from core.search_syntax import Filter, Query, parse

MOST_FILTERS = 50
"""The most values of one filter."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What the index must know of a viewer: the audiences that they may see, and their languages, preferred first."""

    audiences: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)


def reader(viewer: Viewer) -> Reader:
    """The `Reader` of a viewer."""
    return Reader(tuple(audiences(viewer)), viewer.languages)


def asked(query: SearchQuery) -> Query:
    """What a search asks for, with the place of its own fields beside its text."""
    parsed = parse(query.q)
    near = value_of("near", query.near or "")
    within = value_of("within", query.within or "")
    filters = (*parsed.filters, Filter("near", near)) if near else parsed.filters
    hints = tuple(each for each in parsed.hints if not (near and each.code == "within-alone"))
    return replace(
        parsed, filters=filters, radius_km=kilometres(within) if within else parsed.radius_km, hints=hints
    )


def check(query: SearchQuery) -> None:
    """Raise `Invalid` with the fault `filter-many` (too many values of a filter), `time-order` (the end is before the
    start), `place-shape` or `radius-shape`."""
    for name, code in (("near", "place-shape"), ("within", "radius-shape")):
        given = getattr(query, name)
        if given is not None and not value_of(name, given):
            raise invalid(name, code)
    for field in ("kinds", "languages", "tags"):
        if len(getattr(query, field)) > MOST_FILTERS:
            raise invalid(field, "filter-many", most=MOST_FILTERS)
    if (
        query.after_time is not None
        and query.before_time is not None
        and query.after_time > query.before_time
    ):
        raise invalid("before_time", "time-order")
