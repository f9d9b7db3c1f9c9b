"""Reads and locks of the rows of categories (`core.shared_columns.CategoryColumns`), which blog and forum have alike.

`category` is the service's mapped class, with its texts as the relationship `texts`, and `former` that of the slugs of
categories that were merged into others.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select, update
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


def now(session: Session, former: Any, slug: str) -> str | None:
    """The slug of the category that the one with this slug was merged into, if it was."""
    found: str | None = session.scalar(select(former.category).where(former.slug == slug))
    return found


def kept(session: Session, category: Any, former: Any, slug: str) -> Any | None:
    """The category with this slug, or else the one that it was merged into, which stays until the transaction ends:
    for what is put into it. None if there is neither."""
    while True:
        wanted = select(category).where(category.slug == slug).execution_options(populate_existing=True)
        # A merge, which removes the row, waits for this transaction, and this one for a merge.
        row = session.scalar(wanted.with_for_update(read=True, key_share=True))
        slug_now = None if row is not None else now(session, former, slug)
        if slug_now is None:
            return row
        slug = slug_now


def lock_against_use(session: Session, category: Any, slug: str) -> None:
    """Wait for all who put something into a category; whoever comes later waits for this transaction."""
    session.execute(select(category.slug).where(category.slug == slug).with_for_update())


def remove(session: Session, category: Any, former: Any, row: Any, into: str | None) -> None:
    """Delete a category that has nothing in it any more; its slug, and those that led to it, lead to `into`."""
    led_here = former.category == row.slug
    if into is None:
        session.execute(delete(former).where(led_here))
    else:
        session.execute(update(former).where(led_here).values(category=into))
        session.add(former(slug=row.slug, category=into))
    session.delete(row)
    session.flush()
