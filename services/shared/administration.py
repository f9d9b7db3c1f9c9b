"""The log of administrators' decisions, which is the same in each service that has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.administration import LogEntry
from contracts.common import Cursor, Page, PageSize
from core import clock
from core.audience import Viewer
from core.ids import new_id
from core.paging import cursor, newest_first
from core.shared_columns import AdministrationColumns
from services.shared.authorisation import check_reads_administration
from services.shared.cursors import position
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


def administration_log(
    session: Session,
    viewer: Viewer,
    table: type[AdministrationColumns],
    item: str | None,
    after: Cursor | None,
    limit: PageSize,
) -> Page[LogEntry]:
    """The log of administrators' decisions in `table`, about one `item` or about all, newest first.

    Raises `Forbidden("administrators-only")`, `cursor-shape`."""
    check_reads_administration(viewer)
    wanted = select(table)
    if item is not None:
        wanted = wanted.where(table.item == item)
    rows = session.scalars(newest_first(wanted, table.at, table.id, position(after), limit)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page[LogEntry](
        items=[view_of(LogEntry, row) for row in rows[:limit]],
        next=cursor(last.at, last.id) if last else None,
    )
