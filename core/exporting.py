"""Reads what a service stores of one person, section by section and page by page, for them to take along."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, LargeBinary, Table, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.audience import Viewer

MADE_OF_OTHERS = frozenset({"html", "plain", "excerpt", "renderer"})
"""Columns that are made of a text which is exported itself."""

_CURSOR = re.compile(r"(\d{1,2})-(\d{1,9})", re.ASCII)

Record = tuple[str, dict[str, Any]]
"""The name of a file, and one record in it."""


@dataclass(frozen=True)
class Section:
    """The rows of one table that are somebody's: `theirs` is the condition, `without` names columns that are nobody
    else's business or secret. `file` is where they go, without `.json`."""

    file: str
    table: type[Any]
    theirs: Callable[[Viewer], ColumnElement[bool]]
    without: frozenset[str] = frozenset()

    @property
    def columns(self) -> list[Any]:
        """The columns that are exported."""
        left_out = self.without | MADE_OF_OTHERS
        return [
            column
            for column in self.table.__table__.c
            if column.name not in left_out and not isinstance(column.type, LargeBinary)
        ]


def owned_by(file: str, owner: InstrumentedAttribute[Any], *without: str) -> Section:
    """The section of the rows whose column `owner` names the person."""
    table = cast(type[Any], owner.class_)
    return Section(file, table, lambda viewer: owner == viewer.person_id, frozenset(without))


def records(
    session: Session, sections: Sequence[Section], viewer: Viewer, after: str | None, limit: int
) -> tuple[list[Record], str | None]:
    """Up to `limit` records in the order of the sections, and the cursor of the next page, None after the last.

    Raises `ValueError` for what is no cursor.
    """
    index, offset = _parsed(after)
    found: list[Record] = []
    while index < len(sections) and len(found) < limit:
        section, wanted = sections[index], limit - len(found)
        table: Table = section.table.__table__
        query = select(*section.columns).where(section.theirs(viewer)).order_by(*table.primary_key.columns)
        rows = session.execute(query.offset(offset).limit(wanted)).mappings().all()
        found += [(section.file, {name: _plain(value) for name, value in row.items()}) for row in rows]
        index, offset = (index, offset + wanted) if len(rows) == wanted else (index + 1, 0)
    return found, f"{index}-{offset}" if index < len(sections) else None


def _parsed(after: str | None) -> tuple[int, int]:
    if after is None:
        return 0, 0
    parts = _CURSOR.fullmatch(after)
    if parts is None:
        raise ValueError("not a cursor")
    return int(parts[1]), int(parts[2])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
