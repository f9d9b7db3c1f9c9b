"""Reads and writes the rows of `core.shared_columns.DecidedChangeColumns`, which several services have."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core import clock
from core.shared_columns import DecidedChangeColumns

KEPT = timedelta(days=90)
"""How long an earlier text is kept to be put back: an appeal is open for 30 days, and then waits for its answer."""


class DecidedChanges:
    """The rows of one service's `table`, in one transaction."""

    def __init__(self, session: Session, table: type[DecidedChangeColumns]) -> None:
        self._session = session
        self._table = table

    def whole(self) -> AbstractContextManager[Any]:
        """All that the block does, or nothing of it if it raises."""
        return self._session.begin_nested()

    def add(self, decision_id: str, item_id: str, language: str, category: str) -> DecidedChangeColumns:
        """A row of a decision that has changed nothing yet."""
        row = self._table()
        row.decision_id, row.item_id, row.at = decision_id, item_id, clock.now()
        row.language, row.title, row.summary, row.body = language, "", "", ""
        row.digest, row.withheld = None, None
        row.category, row.moved_to = category, None
        self._session.add(row)
        return row

    def take(self, decision_id: str) -> DecidedChangeColumns | None:
        """The row of a decision, which is deleted with the end of the transaction."""
        row = self._session.get(self._table, decision_id, with_for_update=True)
        if row is not None:
            self._session.delete(row)
        return row

    def merge_category(self, category: str, into: str) -> None:
        """Let what came from or into a category that is merged into another one count as of that."""
        table = self._table
        for column in (table.category, table.moved_to):
            changed = update(table).where(column == category).values({column: into})
            self._session.execute(changed, execution_options={"synchronize_session": False})

    def purge(self) -> None:
        """Delete what was kept for longer than `KEPT`."""
        self._session.execute(delete(self._table).where(self._table.at < clock.now() - KEPT))
