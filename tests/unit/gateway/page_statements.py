"""What pages read: their statements, the rows of these, and which of them would take longer as a table grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Engine, event

MAY_COUNT = {
    "FROM attendance": "those who attend one date",
    "FROM notification": "one person's unread notifications, by an index that has no others",
    "FROM follow": "those who follow one category, for administrators",
    "FROM recovery_code": "one person's ten",
    "FROM active_day": "one person's, of whom so many days are kept as make them trusted",
    "FROM member": "one group's moderators",
    "FROM case_decision": "decisions on one person's reports",
    "words MATCH": "how many items of the embedded index have a word, up to a thousand, or of its newest 5,000",
    "HAVING count(*) >= :least": "of an item's pairs of letters those that a mistyped word has",
    "FROM display_look_alike": "whose shown name looks like one of a few",
    "AS month": "the months of the sitemap, which are kept for five minutes",
}
"""What a page may count, and why it stays short."""


@dataclass
class Work:
    """`statements` with their values, and the number of `rows` that were fetched of them."""

    statements: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    rows: int = 0

    def note(self, _connection: Any, cursor: Any, statement: str, values: Sequence[Any], *_more: Any) -> None:
        """Note a statement, and have SQLite's cursor count its rows."""
        if statement.startswith("BEGIN"):
            return
        self.statements.append((statement, values))
        cursor.row_factory = self._fetched

    def _fetched(self, _cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        self.rows += 1
        return row


@contextmanager
def work_in(engines: Sequence[Engine]) -> Iterator[Work]:
    """The work that these databases do in the block."""
    work = Work()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", work.note)
    try:
        yield work
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", work.note)


@contextmanager
def unbounded_statements() -> Iterator[list[str]]:
    """Statements in the block, of whatever database, by which a page counts or skips rows."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if has_request_context() and request.method == "GET" and _is_unbounded(statement, values):
            found.append(f"{request.path}: {statement}")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _is_unbounded(statement: str, values: Any) -> bool:
    counts = "count(" in statement.lower() and not any(each in statement for each in MAY_COUNT)
    # SQLite's LIMIT always comes with an OFFSET.
    return counts or ("OFFSET" in statement and values[-1] != 0)
