"""Fills tables of any service with rows, for tests of what becomes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Date, Table, select
from sqlalchemy.orm import Session

from core.columns import Moment


def row_of(session: Session, table: Table, moment: datetime) -> dict[str, Any]:
    """A row of a table with this moment in every column of times, and what a table that it refers to has."""
    row: dict[str, Any] = {}
    for column in table.c:
        key = next(iter(column.foreign_keys), None)
        if key is not None:
            row[column.name] = session.scalar(select(key.column).limit(1))
        elif isinstance(column.type, Moment):
            row[column.name] = moment
        elif isinstance(column.type, Date):
            row[column.name] = moment.date()
        elif not column.nullable and column.server_default is None:
            row[column.name] = {str: "x", int: 1, bool: False, bytes: b"x"}.get(column.type.python_type, [])
    return row
