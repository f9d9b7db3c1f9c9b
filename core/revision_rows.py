"""The rows of histories of texts (`core.shared_columns.TextRevisionColumns`), in a service's own table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core.columns import AnyRow, AnySelect
from core.shared_columns import WithheldColumns


def newest_first(
    session: Session,
    table: Any,
    of_item: ColumnElement[bool],
    language: str,
    before: int | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Up to `limit` earlier texts of an item in a language, those before the revision `before`. `table`: the mapped
    class of the service's `TextRevisionColumns`."""
    # Columns, not objects, which take longer to make than to read.
    wanted: AnySelect = select(*table.__table__.c).where(of_item, table.language == language)
    if before is not None:
        wanted = wanted.where(table.revision < before)
    return session.execute(wanted.order_by(table.revision.desc()).limit(limit)).all()


def withholds(session: Session, table: type[WithheldColumns], of_item: ColumnElement[bool]) -> bool:
    """Whether any earlier text of an item is withheld."""
    session.flush()
    withheld: Any = table.withheld_at
    return bool(session.scalar(select(exists().where(of_item, withheld.is_not(None)))))
