"""What search decides: who reads, and which query is right. Plain functions."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import invalid
from contracts.search import SearchQuery
from core.audience import Viewer, audiences

MOST_FILTERS = 50
"""Values that one filter of a query may name."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the audiences that they may see, and their languages, dearest first."""

    audiences: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)


def reader(viewer: Viewer) -> Reader:
    """The viewer as an index knows them."""
    return Reader(tuple(audiences(viewer)), viewer.languages)


def check(query: SearchQuery) -> None:
    """Raises `Invalid` for filters that name too much (`filter-many`) or times that end before they begin
    (`time-order`)."""
    for field in ("kinds", "languages", "tags"):
        if len(getattr(query, field)) > MOST_FILTERS:
            raise invalid(field, "filter-many", most=MOST_FILTERS)
    if (
        query.after_time is not None
        and query.before_time is not None
        and query.after_time > query.before_time
    ):
        raise invalid("before_time", "time-order")
