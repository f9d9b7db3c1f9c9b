"""Reads, locks and counts of the rows of `core.writing_columns`, which the services that people write to have alike."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Index, Select, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import clock
from core.database import insert_or_ignore
from core.paging import newest_first
from core.writing_columns import (
    HeldColumns,
    NewcomerColumns,
    RepeatColumns,
    RepeatKeyColumns,
    WritingRulesColumns,
)

DAY = timedelta(days=1)
KEPT = timedelta(days=90)
_ONLY = 1


@dataclass(frozen=True)
class WritingTables:
    """A service's own mapped classes of these columns."""

    rules: Any
    newcomer: Any
    repeat: Any
    repeat_key: Any
    held: Any


def rules_table(base: Any) -> Any:
    """The mapped class of the rules, for a service whose tables have this base."""

    class WritingRules(WritingRulesColumns, base):  # type: ignore[misc]
        """The rules that administrators set."""

        __tablename__ = "writing_rules"

    return WritingRules


def writing_tables(base: Any) -> WritingTables:
    """The mapped classes of a service whose tables have this base."""

    class Newcomer(NewcomerColumns, base):  # type: ignore[misc]
        """What a new person wrote within the last day."""

        __tablename__ = "newcomer"
        __table_args__ = (Index("newcomer_by_time", "at"),)

    class RepeatKey(RepeatKeyColumns, base):  # type: ignore[misc]
        """The key of a day's hashes."""

        __tablename__ = "repeat_secret"

    class Repeat(RepeatColumns, base):  # type: ignore[misc]
        """How often new people wrote one text or link on a day."""

        __tablename__ = "repeat"

    class Held(HeldColumns, base):  # type: ignore[misc]
        """An item that waits for review."""

        __tablename__ = "held_item"
        __table_args__ = (
            Index("held_item_by_author", "author_id", "status", "created_at", "id"),
            Index("held_item_by_decision", "decision_id"),
        )

    return WritingTables(rules_table(base), Newcomer, Repeat, RepeatKey, Held)


@cache
def stored_rules(table: Any) -> Select[Any]:
    """The stored rules, as a statement that is built once for each service's mapped class of them."""
    columns = table.__table__.c
    return select(columns.rules).where(columns.id == _ONLY)


class RulesRow:
    """The row with the rules, in one transaction. `known`: the stored rules, where they were read already."""

    def __init__(self, session: Session, table: Any, known: str | None = None) -> None:
        self._session = session
        self._rules = table
        self._known = known

    def rules(self) -> str:
        """The stored rules, `""` if there are none."""
        if self._known is not None:
            return self._known
        return self._session.scalar(stored_rules(self._rules)) or ""

    def set_rules(self, rules: str) -> None:
        """Store the rules in place of those before."""
        insert_or_ignore(self._session, self._rules.__table__, [{"id": _ONLY, "rules": ""}])
        self._session.get_one(self._rules, _ONLY, with_for_update=True).rules = rules
        self._session.flush()


class WritingRows(RulesRow):
    """All rows of one service, in one transaction."""

    def __init__(self, session: Session, tables: WritingTables, known: str | None = None) -> None:
        super().__init__(session, tables.rules, known)
        self._tables = tables

    def newcomer(self, person_id: str) -> Any:
        """The row of a new person, locked: of two texts at one moment the second counts the first. The rows of those
        who wrote nothing for a day are deleted."""
        table, now = self._tables.newcomer, clock.now()
        over = select(table.person_id).where(table.at < now - DAY, table.person_id != person_id)
        # Only those that nobody else has locked, so that two never wait for each other's.
        rows = self._session.scalars(over.limit(100).with_for_update(skip_locked=True)).all()
        self._session.execute(delete(table).where(table.person_id.in_(rows)))
        first = {"person_id": person_id, "written": [], "at": now}
        insert_or_ignore(self._session, table.__table__, [first])
        return self._session.get_one(table, person_id, with_for_update=True, populate_existing=True)

    def repeats(self, texts: Iterable[str]) -> int:
        """Count each of these texts once more; returns how often the most frequent was counted today (UTC)."""
        today, repeat = clock.now().date(), self._tables.repeat
        key = self._key_of_today()
        digests = sorted({hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in texts})
        most = 0
        insert: Any = postgresql.insert if self._on_postgres() else sqlite.insert
        for digest in (
            digests
        ):  # always in one order, so that two who count the same don't wait for each other for ever
            counted = insert(repeat).values(digest=digest, day=today, times=1)
            again = {"times": repeat.times + 1}
            counted = counted.on_conflict_do_update(index_elements=[repeat.digest], set_=again)
            most = max(most, self._session.scalar(counted.returning(repeat.times)))
        return most

    def add_held(self, **columns: Any) -> Any:
        """A new held item."""
        row = self._tables.held(**columns)
        self._session.add(row)
        self._session.flush()
        return row

    def held(self, held_id: str, *, lock: bool = False) -> Any | None:
        """A held item, if there is one."""
        return self._session.get(
            self._tables.held, held_id, with_for_update=lock or None, populate_existing=lock
        )

    def held_by_decision(self, decision_id: str) -> Any | None:
        """The held item that a decision rejected, locked."""
        table = self._tables.held
        return self._session.scalar(select(table).where(table.decision_id == decision_id).with_for_update())

    def waiting_of(self, person_id: str, after: tuple[datetime, str] | None, limit: int) -> list[Any]:
        """A person's items that wait, newest first: up to `limit` and one more."""
        table = self._tables.held
        wanted = select(table).where(table.author_id == person_id, table.status == "waiting")
        return list(self._session.scalars(newest_first(wanted, table.created_at, table.id, after, limit)))

    def forget(self, person_id: str) -> list[Any]:
        """Delete what a person wrote that was held, and what was counted of theirs; returns the rows that waited."""
        held, newcomer = self._tables.held, self._tables.newcomer
        mine = select(held).where(held.author_id == person_id).with_for_update()
        rows = list(self._session.scalars(mine.execution_options(populate_existing=True)))
        for row in rows:
            self._session.delete(row)
        self._session.execute(delete(newcomer).where(newcomer.person_id == person_id))
        self._session.flush()
        return [row for row in rows if row.status == "waiting"]

    def move_held(self, category: str, into: str) -> None:
        """Let what waits in one category wait in another."""
        table = self._tables.held
        waits = update(table).where(table.category == category, table.status == "waiting")
        self._session.execute(waits.values(category=into), execution_options={"synchronize_session": False})

    def purge(self) -> None:
        """Delete what is not needed any more: counts and hashes of earlier days with their keys, and held items that
        nobody has waited for since `KEPT`."""
        now, tables = clock.now(), self._tables
        for table in (tables.repeat, tables.repeat_key):
            self._session.execute(delete(table).where(table.day < now.date()))
        over = tables.newcomer.at < now - DAY
        self._session.execute(delete(tables.newcomer).where(over))
        done = (tables.held.status != "waiting", tables.held.changed_at < now - KEPT)
        self._session.execute(delete(tables.held).where(*done))

    def flush(self) -> None:
        """Write what was changed."""
        self._session.flush()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """A part of the transaction that takes effect as a whole, or not at all if it raises."""
        with self._session.begin_nested():
            yield

    def _key_of_today(self) -> bytes:
        """The key of today's hashes. With those of the days before the counts of them are deleted."""
        today, repeat, key = clock.now().date(), self._tables.repeat, self._tables.repeat_key
        wanted = select(key.key).where(key.day == today)
        found = self._session.scalar(wanted)
        if found is None:
            self._session.execute(delete(repeat).where(repeat.day < today))
            self._session.execute(delete(key).where(key.day < today))
            insert_or_ignore(self._session, key.__table__, [{"day": today, "key": secrets.token_hex(32)}])
            found = self._session.scalar(wanted)
        return bytes.fromhex(found or "")

    def _on_postgres(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"
