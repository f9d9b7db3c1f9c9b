"""The log of administrators' decisions, which is the same in each service that has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from contracts.administration import LogEntry
from contracts.common import Page
from core import clock, paging
from core.ids import new_id
from core.shared_columns import AdministrationColumns
from services.shared.views import view_of

L = TypeVar("L", bound=AdministrationColumns)


def new_decision(
    table: Callable[..., L], by_id: str | None, action: str, item: str, detail: str = "", reason: str = ""
) -> L:
    """The row of a decision, to be added in the transaction that carries it out.

    `by_id` is None for the operator's command line; the others are those of `contracts.administration.LogEntry`.
    """
    return table(
        id=new_id(), at=clock.now(), by_id=by_id, action=action, item=item, detail=detail, reason=reason
    )


def log_page(rows: Sequence[AdministrationColumns], limit: int) -> Page[LogEntry]:
    """A page of the log, of the rows that `core.paging.newest_first` selects."""
    last = rows[limit - 1] if len(rows) > limit else None
    return Page[LogEntry](
        items=[view_of(LogEntry, row) for row in rows[:limit]],
        next=paging.cursor(last.at, last.id) if last else None,
    )
