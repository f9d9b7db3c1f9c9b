"""The decisions of search: what a viewer may see, and which queries are valid. Plain functions, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import invalid
from contracts.search import SearchQuery
from core.audience import Viewer, audiences

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


def check(query: SearchQuery) -> None:
    """Raise `Invalid` with the fault `filter-many` (too many values of a filter) or `time-order` (the end is before the
    start)."""
    for field in ("kinds", "languages", "tags"):
        if len(getattr(query, field)) > MOST_FILTERS:
            raise invalid(field, "filter-many", most=MOST_FILTERS)
    if (
        query.after_time is not None
        and query.before_time is not None
        and query.after_time > query.before_time
    ):
        raise invalid("before_time", "time-order")
