"""The retry queue: the same logic for failed events and for outbox tasks.

In both tables the rows of a subject are handled in order. A row that failed has `attempts`, an `error`, and in
`next_at` the time of its next attempt (None: dead-lettered). The later rows of its subject wait until it succeeds.
"""

from __future__ import annotations

import getpass
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, FromClause, Table, and_, delete, func, select, true, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import failed_event, outbox_task
from contracts.common import View
from core import clock

log = logging.getLogger(__name__)

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""A time that is due by any clock; those of this process and of the database may differ."""

State = Literal["retrying", "dead-lettered"]


class Failure(View):
    """One row that failed. `group` is the producer of an event, or the kind of a task. `behind` is the number of later
    rows of its subject that wait for it."""

    group: str
    subject: str
    state: State
    behind: int
    error: str


class RetryQueue:
    """The queue in one of the two tables.

    Rows that agree in `subject` and the columns `group` are handled in the order of the column `order`.
    """

    def __init__(self, table: Table, group: Sequence[str], order: str) -> None:
        self.table = table
        self._group = [*group, "subject"]
        self._order = order

    def is_open(self, rows: FromClause | None = None) -> ColumnElement[bool]:
        """An SQL condition: the row is not done."""
        columns = self.table.c if rows is None else rows.c
        return columns.done_at.is_(None) if "done_at" in columns else true()

    def is_first(self) -> ColumnElement[bool]:
        """An SQL condition: the row is the first open one of its subject."""
        before = self.table.alias()
        return ~(
            select(before.c[self._order])
            .where(*self._same_subject(before), before.c[self._order] < self.table.c[self._order])
            .exists()
        )

    def is_behind_dead_letter(self) -> ColumnElement[bool]:
        """An SQL condition: the row, or an earlier one of its subject, is dead-lettered."""
        before = self.table.alias()
        return (
            select(before.c[self._order])
            .where(
                *self._same_subject(before),
                before.c[self._order] <= self.table.c[self._order],
                before.c.next_at.is_(None),
            )
            .exists()
        )

    def failures(self, session: Session) -> list[Failure]:
        """Every row that failed, in order."""
        later = self.table.alias()
        behind = (
            select(func.count())
            .select_from(later)
            .where(*self._same_subject(later), later.c[self._order] > self.table.c[self._order])
            .scalar_subquery()
        )
        query = (
            select(self.table, behind.label("behind"))
            .where(self._failed())
            .order_by(self.table.c[self._order])
        )
        return [
            Failure(
                group=row[self._group[0]],
                subject=row["subject"],
                state="dead-lettered" if row["next_at"] is None else "retrying",
                behind=row["behind"],
                error=row["error"],
            )
            for row in session.execute(query).mappings()
        ]

    def retry(self, session: Session, subject: str | None) -> int:
        """Make the failed rows of `subject` (None: of all) due now, with no attempts counted; returns how many."""
        changed: Any = session.execute(
            update(self.table).where(self._failed(), self._about(subject)).values(next_at=AT_ONCE, attempts=0)
        )
        return int(changed.rowcount)

    def drop(self, session: Session, service: str, subject: str, reason: str) -> int:
        """Give up the failed rows of `subject`, and log who did it and why. Returns how many rows.

        With a failed event those behind it are deleted too, since they assume its effects. A task is marked as done, so
        that its key can't be enqueued again; those behind it go on.
        """
        who = getpass.getuser()
        if "done_at" in self.table.c:
            changed: Any = session.execute(
                update(self.table)
                .where(self._failed(), self._about(subject))
                .values(done_at=clock.now(), data={}, error=f"dropped by {who}: {reason}")
            )
        else:
            changed = session.execute(delete(self.table).where(self._about(subject)))
        if changed.rowcount:
            log.warning(
                "%s dropped %s row(s) of %s from %s in %s: %s",
                who, changed.rowcount, subject, self.table.name, service, reason,
            )  # fmt: skip
        return int(changed.rowcount)

    def _failed(self) -> ColumnElement[bool]:
        # A task whose first attempt is running has an attempt but no error.
        return and_(self.is_open(), self.table.c.attempts > 0, self.table.c.error != "")

    def _same_subject(self, other: FromClause) -> list[ColumnElement[bool]]:
        return [self.is_open(other), *(other.c[name] == self.table.c[name] for name in self._group)]

    def _about(self, subject: str | None) -> ColumnElement[bool]:
        return true() if subject is None else self.table.c.subject == subject


FAILED_EVENTS = RetryQueue(failed_event, ["producer", "subscription"], "seq")
OUTBOX_TASKS = RetryQueue(outbox_task, ["kind"], "number")
