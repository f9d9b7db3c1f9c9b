"""The rows of histories of texts (`core.shared_columns.TextRevisionColumns`), in a service's own table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core.shared_columns import TextRevisionColumns, WithheldColumns

R = TypeVar("R", bound=TextRevisionColumns)


def newest_first(
    session: Session,
    table: type[R],
    of_item: ColumnElement[bool],
    language: str,
    before: int | None,
    limit: int,
) -> Sequence[R]:
    """Up to `limit` earlier texts of an item in a language, those before the revision `before`."""
    wanted = select(table).where(of_item, table.language == language)
    if before is not None:
        wanted = wanted.where(table.revision < before)
    return session.scalars(wanted.order_by(table.revision.desc()).limit(limit)).all()


def withholds(session: Session, table: type[WithheldColumns], of_item: ColumnElement[bool]) -> bool:
    """Whether any earlier text of an item is withheld."""
    session.flush()
    withheld: Any = table.withheld_at
    return bool(session.scalar(select(exists().where(of_item, withheld.is_not(None)))))
