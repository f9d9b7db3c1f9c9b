"""A service's own database: SQLite (WAL) or PostgreSQL by SQLAlchemy, with one way to read and one to write."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from pydantic_core import from_json
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session

UNCHECKED_SECONDS = 0.2
"""A connection to PostgreSQL that was used so shortly ago is used again without asking whether it is still open: no
server ends and starts again in less."""

USED_AT = "space_used_at"
"""Where the pool notes when a connection was used last, by the clock that runs evenly."""


class Database:
    """One database; `reading()` and `writing()` give sessions.

    `schema` (PostgreSQL only) is the schema to work in. `after_commit` holds functions that are called with the session
    after each commit. They must not raise, and nothing may depend on them: a process may die between the two.

    On SQLite, writers of this process wait for each other on a lock before they begin: under eventlet a statement that
    waits for another greenlet's transaction would block the whole process, and so that greenlet too.

    A rebuild may replace the SQLite file while it is open. Each session checks whether the file is still the same, and
    opens the new one if not.
    """

    def __init__(self, url: str, schema: str | None = None) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.schema = schema
        self._file = Path(self.url.database) if self.sqlite and self.url.database else None
        self.after_commit: list[Callable[[Session], None]] = []
        self._write_lock = threading.RLock()
        self._open()

    def _open(self) -> None:
        # Read before the first connection: if the file is replaced in between, it is only opened once more.
        self._identity = self._file_identity()
        self.engine: Engine
        self._reader: Engine
        self._single: Engine
        self._writer: Engine
        if self.sqlite:
            self.engine = self._reader = _sqlite_engine(self.url)
            self._writer = self.engine.execution_options(space_write=True)
            self._single = self.engine.execution_options(space_single=True)
        else:
            self.engine = self._writer = _postgresql_engine(self.url, self.schema)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def address(self) -> str:
        """The URL without its password, for people to read."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that reads one consistent snapshot. It is rolled back at the end of the block."""
        self._go_over_if_replaced()
        # Its end rolls back, with less work than `rollback`, which makes the session ready to be used again.
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def reading_one(self) -> Iterator[Session]:
        """A session for a single statement that reads: that is a snapshot by itself, and it has no transaction
        around it. On PostgreSQL that spares two of three round trips."""
        self._go_over_if_replaced()
        with Session(self._single, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction, committed at the end of the block and rolled back if the block raises."""
        if self.sqlite:
            with self._write_lock, self._transaction() as session:
                yield session
        else:
            with self._transaction() as session:
                yield session
        for callback in list(self.after_commit):
            callback(session)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        self._go_over_if_replaced()
        while True:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                # The transaction may have waited for a rebuild that replaced the file meanwhile.
                if self.sqlite and session.connection() and self._go_over_if_replaced():
                    continue
                yield session
                return

    def _go_over_if_replaced(self) -> bool:
        """Open the file again if it was replaced since it was opened; returns whether it was."""
        identity = self._file_identity()
        if identity is None or identity == self._identity:
            return False
        old = self.engine
        self._open()
        old.dispose()
        return True

    def _file_identity(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def migrate(self, migrations: Path, revision: str = "head") -> None:
        """Upgrade the schema to `revision` by the Alembic scripts in the folder `migrations`.

        They are not even loaded where the newest has run already: at a start that is a second's work.
        """
        if revision == "head" and self._revision() == newest_revision(migrations):
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(migrations))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def _revision(self) -> str | None:
        """The revision of the schema; None if there is none yet, or it can't be read."""
        try:
            with self.engine.connect() as connection:
                return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except DBAPIError:
            return None

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def newest_revision(migrations: Path) -> str:
    """The newest revision of the Alembic scripts in a folder, each of whose names begins with its own."""
    return max(script.name.partition("_")[0] for script in (migrations / "versions").glob("[0-9]*_*.py"))


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": 30},
        pool_size=8,
        max_overflow=24,
        json_deserializer=_json_value,
        # Errors are logged, and parameters hold names and texts.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin a transaction only at the first write, too late for a snapshot; `begin` below does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL, not NORMAL: a subscriber's offset must never be on disk before the producer's event is.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("space_write", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif not options.get("space_single", False):
            # By the driver itself, which waits for nothing here: it was a good part of what a short read takes.
            driver: Any = connection.connection.dbapi_connection
            driver.execute("BEGIN")

    return engine


def _postgresql_engine(url: URL, schema: str | None) -> Engine:
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_use_lifo=True,  # the one used last, which need not be asked; see `check`
        hide_parameters=True,
        json_deserializer=_json_value,
        isolation_level="READ COMMITTED",
        connect_args={"options": f"-csearch_path={schema}"} if schema else {},
    )

    # In place of `pool_pre_ping`, which asks before every use: that was a tenth of what a write cost its service.
    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info[USED_AT] = monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _proxy: Any) -> None:
        used_at = record.info.get(USED_AT)
        if used_at is None or monotonic() - used_at < UNCHECKED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool opens this one anew, and drops the others.
            raise InvalidatePoolError from error

    return engine


def _json_value(text: str) -> Any:
    """The value of stored JSON, in a fifth of the time that `json` takes for a short one."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)  # it also reads half of a surrogate pair


def insert_or_ignore(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` in one statement, leaving out those whose key exists already."""
    if rows:
        postgres = session.get_bind().dialect.name == "postgresql"
        insert: Any = postgresql.insert if postgres else sqlite.insert
        session.execute(insert(table).on_conflict_do_nothing(), list(rows))
