"""Reads and locks of the rows of categories (`core.shared_columns.CategoryColumns`), which blog and forum have alike.

`category` is the service's mapped class, with its texts as the relationship `texts`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, selectinload

from core.database import insert_or_ignore


def in_order(category: Any, *which: ColumnElement[bool]) -> Select[Any]:
    """All categories, or those `which`, with their texts, in their order."""
    wanted = select(category).where(*which).options(selectinload(category.texts))
    return wanted.order_by(category.position, category.slug)


def locked_in_order(session: Session, category: Any, *which: ColumnElement[bool]) -> list[Any]:
    """The same, locked until the transaction ends."""
    # Not their keys, to which other rows refer.
    session.execute(select(category.slug).order_by(category.slug).with_for_update(key_share=True))
    # Read after the wait for the locks, not before.
    return list(session.scalars(in_order(category, *which)))


def locked_or_new(session: Session, category: Any, slug: str, **columns: object) -> Any:
    """The category's row, locked; a new one, with these columns, comes after all others."""
    position = session.scalar(select(func.count()).select_from(category)) or 0
    insert_or_ignore(session, category.__table__, [{"slug": slug, "position": position, **columns}])
    wanted = select(category).where(category.slug == slug).options(selectinload(category.texts))
    return session.scalars(wanted.with_for_update()).one()
