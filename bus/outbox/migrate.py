"""What a rebuild does with the outbox tasks of the live copy: the new copy goes on with them, and repeats none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, or_, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from core import clock
from core.database import Database

_CHUNK = 500
_SLACK = timedelta(minutes=5)
_COLUMNS = [column for column in outbox_task.c if column.name != "number"]


def migrate_done_tasks(live: Database, building: Database) -> datetime:
    """Copy what is done, while the live copy goes on; returns since when `migrate_open_tasks` has to look."""
    since = clock.now() - _SLACK
    _copy(live, building, outbox_task.c.done_at.is_not(None))
    return since


def migrate_open_tasks(live: Database, building: Database, since: datetime) -> None:
    """Copy the rest while the live copy stands still: what waits there, and what was done `since`.

    What waits in the new copy alone, because it has read further, comes after it.
    """
    with building.writing() as session:
        own = _rows(session, outbox_task.c.done_at.is_(None))
        session.execute(delete(outbox_task).where(outbox_task.c.done_at.is_(None)))
    _copy(live, building, or_(outbox_task.c.done_at.is_(None), outbox_task.c.done_at >= since))
    with building.writing() as session:
        keys = [row["key"] for row in own]
        known = set(session.execute(select(outbox_task.c.key).where(outbox_task.c.key.in_(keys))).scalars())
        _put(session, [row for row in own if row["key"] not in known])


def _copy(live: Database, building: Database, which: ColumnElement[bool]) -> None:
    """Put the rows of the live copy into the new one, in order, in place of those with the same keys."""
    last = 0
    while True:
        with live.reading() as session:
            chosen = select(outbox_task.c.number).where(which, outbox_task.c.number > last)
            numbers = list(session.execute(chosen.order_by(outbox_task.c.number).limit(_CHUNK)).scalars())
            rows = _rows(session, outbox_task.c.number.in_(numbers))
        if not rows:
            return
        last = numbers[-1]
        with building.writing() as session:
            session.execute(delete(outbox_task).where(outbox_task.c.key.in_([row["key"] for row in rows])))
            _put(session, rows)


def _rows(session: Session, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = select(*_COLUMNS).where(which).order_by(outbox_task.c.number)
    return [dict(row) for row in session.execute(query).mappings()]


def _put(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(outbox_task), list(rows))
