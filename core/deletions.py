"""Reads the deletions that several services have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.shared_columns import DeletionColumns

D = TypeVar("D", bound=DeletionColumns)


def lasting_deletions(
    session: Session,
    table: type[D],
    lock: InstrumentedAttribute[str],
    lock_id: str | None,
    items: Collection[str],
) -> Sequence[D]:
    """The deletions of `items` that last. `lock` and `lock_id` are the id's column and the id of the row that all lock
    who delete and restore them: it is locked first."""
    session.execute(select(lock).where(lock == lock_id).with_for_update())
    wanted = select(table).where(table.item_id.in_(items), table.restored_at.is_(None))
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def other_deletion(session: Session, deletion: D) -> D | None:
    """The newest other deletion of the same item that lasts: of a decision to hide it, made while it was deleted."""
    table = type(deletion)
    others = select(table).where(
        table.item_id == deletion.item_id, table.restored_at.is_(None), table.id != deletion.id
    )
    return session.scalars(others.order_by(table.at.desc(), table.id.desc()).limit(1)).first()


def is_noted(session: Session, table: type[D], item_id: str, note: str) -> bool:
    """Whether a deletion of this item that lasts has this note, alone or with what stood there before (`#`)."""
    lasting = select(table.note).where(table.item_id == item_id, table.restored_at.is_(None))
    return any(each.partition("#")[0] == note for each in session.scalars(lasting))
