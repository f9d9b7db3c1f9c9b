"""Migrates outbox tasks from the live database to the copy that a rebuild makes, so that none is lost or repeated."""

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
    """Copy the tasks that are done, while the live copy is in use.

    Returns the time from which on `migrate_open_tasks` must look for tasks that were done later.
    """
    since = clock.now() - _SLACK
    _copy(live, building, outbox_task.c.done_at.is_not(None))
    return since


def migrate_open_tasks(live: Database, building: Database, since: datetime) -> None:
    """Copy the open tasks, and those done after `since`. The live copy must not change meanwhile.

    Open tasks that only the new copy has, because it has read further, are put behind them.
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
    """Copy rows to the new copy in order, replacing those with the same keys."""
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
