"""Reads the log of administrators' decisions that several services have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.paging import newest_first
from core.shared_columns import AdministrationColumns

D = TypeVar("D", bound=AdministrationColumns)


def decisions(
    session: Session,
    table: type[D],
    item: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
    actions: Collection[str] | None = None,
) -> Sequence[D]:
    """The rows of a page of the log, about one `item` or about all, of these `actions` or of all, and one more: see
    `core.paging.newest_first`."""
    wanted = select(table)
    if actions is not None:
        wanted = wanted.where(table.action.in_(actions))
    if item is not None:
        wanted = wanted.where(table.item == item)
    return session.scalars(newest_first(wanted, table.at, table.id, after, limit)).all()
