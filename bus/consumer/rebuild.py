"""Rebuilds the data that a service derives from other services' logs, while the live copy stays in use.

A service without data of its own (`derived`) gets a new database, which replaces the live one. In a service with data
of its own the tables named in `replicas` are rebuilt and replaced in one transaction.

What such a service has published itself is no part of that: the new database gets the log of the live one. Nothing
else may be in it, so its handlers append nothing; they enqueue tasks that do.

No outbox task is repeated: tasks of events that the live copy has handled count as done, and its open tasks are
migrated (`bus/outbox/migrate.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bus.consumer.subscription import REPLACED, Fetch, Subscription
from bus.eventlog.migrate import migrate_log
from bus.eventlog.schema import consumer_offset
from bus.ops.fault_points import fault_point
from bus.outbox.migrate import migrate_done_tasks, migrate_open_tasks
from bus.outbox.tasks import as_done
from contracts.common import Recorded
from core.database import Database

BUILDING_SCHEMA = "rebuilding"
_OLD_SCHEMA = "replaced"
_CHUNK = 500
_LAST_STRETCH = 200

Subscribe = Callable[[Database], Sequence[Subscription]]
Migrate = Callable[[Database], None]
Progress = Callable[[int], None]
Flush = Callable[[Database], None]
"""Does what handlers have put off in the database of a copy."""


class Rebuild:
    """One rebuild. A rebuild that was interrupted is continued when it is run again."""

    def __init__(
        self,
        live: Database,
        subscribe: Subscribe,
        migrate: Migrate,
        fetch: Mapping[str, Fetch],
        progress: Progress,
        flush: Flush = lambda _database: None,
    ) -> None:
        self._live = live
        self._subscribe = subscribe
        self._migrate = migrate
        self._fetch = fetch
        self._progress = progress
        self._flush = flush

    def whole(self, fresh: bool = False) -> None:
        """Build a new database from the logs and let it replace the live one.

        `fresh` discards what an interrupted rebuild has built.
        """
        copy = _SqliteCopy(self._live) if self._live.sqlite else _PostgresCopy(self._live)
        if fresh:
            copy.forget()
        with copy.open() as building:
            self._migrate(building)
            subscriptions = self._subscribe(building)
            # Most events are replayed while the live copy is in use; only the last few while it is locked.
            while self._replay(building, subscriptions) > _LAST_STRETCH:
                pass
            since = migrate_done_tasks(self._live, building)
            migrate_log(self._live, building)

            def catch_up() -> None:
                self._replay(building, subscriptions)
                migrate_open_tasks(self._live, building, since)
                migrate_log(self._live, building)

            fault_point("rebuild.before-switch")
            copy.switch(building, catch_up)
            fault_point("rebuild.after-switch")

    def replicas(self, tables: Sequence[Table], scratch: Database) -> None:
        """Replay into `scratch` exactly the events that the live copy has handled, then replace the rows of `tables` in
        the live copy by those of `scratch`."""
        self._migrate(scratch)
        subscriptions = self._subscribe(scratch)
        with self._live.reading() as session, as_done():
            self._advance(subscriptions, _offsets(session))
        fault_point("rebuild.before-switch")
        with self._live.writing() as session:
            for reader in self._subscribe(self._live):
                reader.align(session, self._fetch[reader.producer])
            with as_done():
                self._advance(subscriptions, _offsets(session))
            for subscription in subscriptions:
                # The same offset as before, unless the log was replaced: then this makes log and offset agree again.
                offsets = subscription.offsets()
                session.execute(
                    update(consumer_offset)
                    .where(consumer_offset.c.producer == subscription.producer)
                    .values(seq=offsets.seq, event_id=offsets.event_id, halt_reason="")
                )
            with scratch.reading() as source:
                for table in reversed(tables):
                    session.execute(delete(table))
                for table in tables:
                    _copy_rows(source, session, table)
        fault_point("rebuild.after-switch")

    def _replay(self, building: Database, subscriptions: Sequence[Subscription]) -> int:
        """Replay to the ends of the logs; returns how many events. What handlers put off is done after each part.

        Tasks that handlers enqueue count as done, up to the offsets of the live copy.
        """
        with self._live.reading() as session:
            offsets = _offsets(session)

        def flush() -> None:
            self._flush(building)

        with as_done():
            known = self._advance(subscriptions, offsets, flush)
        total = known + self._advance(subscriptions, None, flush)
        flush()
        return total

    def _advance(
        self,
        subscriptions: Sequence[Subscription],
        ends: Mapping[str, int] | None,
        flush: Callable[[], None] = lambda: None,
    ) -> int:
        """Replay up to `ends`, by producer, or to the ends of the logs; returns how many events. `flush` is called
        after each part."""
        total = 0
        for subscription in subscriptions:
            end = None if ends is None else ends.get(subscription.producer, 0)
            before = subscription.offset()
            if end is not None and before >= end:
                continue
            after = subscription.pull(
                _limited(self._fetch[subscription.producer], end, self._progress, flush)
            )
            total += after - before
        return total


class _SqliteCopy:
    """A new file beside the live one. To switch, the live path is atomically replaced by a symbolic link to it.

    The file is not renamed over the live one: SQLite finds a write-ahead log by its file's name, and would take that of
    the old file for the new one's.
    """

    def __init__(self, live: Database) -> None:
        assert live.url.database
        self._live = live
        self._path = Path(live.url.database).absolute()
        self._building = self._path.with_name(f"{self._path.name}.building")

    def forget(self) -> None:
        _delete_database(self._building)

    def open(self) -> _Opened:
        return _Opened(Database(self._live.url.set(database=str(self._building)).render_as_string(False)))

    def switch(self, building: Database, catch_up: Callable[[], None]) -> None:
        old = self._path.resolve()
        name = f"{self._path.name}.{1 if old.name.endswith('.2') else 2}"
        new = self._path.with_name(name)
        _delete_database(new)
        # Writers of the live file wait for this transaction, and then find that the file was replaced.
        with self._live.writing():
            catch_up()
            building.close()
            _checkpoint(building)
            self._building.rename(new)
            link = self._path.with_name(f"{self._path.name}.link")
            link.unlink(missing_ok=True)
            link.symlink_to(name)
            link.replace(self._path)
        if old != self._path:
            old.unlink(missing_ok=True)
        for ending in ("-wal", "-shm"):
            old.with_name(old.name + ending).unlink(missing_ok=True)


class _PostgresCopy:
    """A new schema beside the live one. To switch, the two are renamed in one transaction."""

    def __init__(self, live: Database) -> None:
        self._live = live

    def forget(self) -> None:
        with self._live.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {BUILDING_SCHEMA} CASCADE"))

    def open(self) -> _Opened:
        self._drop_old()
        with self._live.engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {BUILDING_SCHEMA}"))
        return _Opened(Database(self._live.url.render_as_string(False), schema=BUILDING_SCHEMA))

    def switch(self, building: Database, catch_up: Callable[[], None]) -> None:
        with self._live.engine.begin() as connection:
            live = connection.execute(text("SELECT current_schema()")).scalar()
            connection.execute(select(consumer_offset.c.seq).with_for_update())
            # Statements that wait for this table's lock look up its name again afterwards, and find the new table.
            connection.execute(text("LOCK TABLE outbox_task IN SHARE ROW EXCLUSIVE MODE"))
            catch_up()
            building.close()
            # Statements that wait for a row lock keep the old table. The halt reason tells them to start again.
            connection.execute(update(consumer_offset).values(halt_reason=REPLACED))
            connection.execute(text(f'ALTER SCHEMA "{live}" RENAME TO {_OLD_SCHEMA}'))
            connection.execute(text(f'ALTER SCHEMA {BUILDING_SCHEMA} RENAME TO "{live}"'))
        self._drop_old()

    def _drop_old(self) -> None:
        """Drop the old schema once nobody reads it. In case of a deadlock the next rebuild drops it."""
        with suppress(OperationalError), self._live.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {_OLD_SCHEMA} CASCADE"))


class _Opened:
    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _limited(fetch: Fetch, end: int | None, progress: Progress, flush: Callable[[], None]) -> Fetch:
    def limited(seq: int, limit: int) -> list[Recorded]:
        flush()
        events = [event for event in fetch(seq, limit) if end is None or event.seq <= end]
        progress(len(events))
        return events

    return limited


def _offsets(session: Session) -> dict[str, int]:
    """For each producer the offset of the partition that is furthest behind."""
    query = select(consumer_offset.c.producer, func.min(consumer_offset.c.seq)).group_by(
        consumer_offset.c.producer
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _copy_rows(source: Session, target: Session, table: Table) -> None:
    rows = source.execute(select(table).execution_options(yield_per=_CHUNK)).mappings()
    for part in rows.partitions(_CHUNK):
        target.execute(insert(table), [dict(row) for row in part])


def _checkpoint(building: Database) -> None:
    """Move the content of a database's write-ahead log into its file."""
    with building.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    building.close()


def _delete_database(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()
