"""A service's own database: SQLite (WAL) or PostgreSQL behind SQLAlchemy, with one way to read and one to write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


class Database:
    """One database. `reading()` and `writing()` give sessions; a written session commits when its block ends well.

    Under eventlet SQLite blocks the whole process while it waits for another writer, and that writer could never
    go on: so writers of one SQLite file queue on a lock before they begin. PostgreSQL needs none.

    `after_commit` holds what to call after each commit, with the session; it must not fail and must not matter, for a
    process may die between the two.

    A rebuild may put another SQLite file into the place of this one while it is open: each session looks whether the
    file is still the same, and goes over to the other. `schema` (PostgreSQL only) names the schema to work in.
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
        # Looked at before the first connection: at worst it is opened once too often.
        self._identity = self._file_identity()
        self.engine: Engine
        self._reader: Engine
        self._writer: Engine
        if self.sqlite:
            self.engine = self._reader = _sqlite_engine(self.url)
            self._writer = self.engine.execution_options(space_write=True)
        else:
            self.engine = self._writer = _postgresql_engine(self.url, self.schema)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def address(self) -> str:
        """Kind and address for people to read, without a password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot; nothing it does is kept."""
        self._go_over_if_replaced()
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session
            session.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: kept whole if the block ends, undone whole if it raises."""
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
                # It may have waited for the very rebuild that replaced the file.
                if self.sqlite and session.connection() and self._go_over_if_replaced():
                    continue
                yield session
                return

    def _go_over_if_replaced(self) -> bool:
        """Open the file anew if it is not the one that was opened; returns whether it was another."""
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
        """Bring the schema up to `revision` by the Alembic scripts in the folder `migrations`."""
        config = Config()
        config.set_main_option("script_location", str(migrations))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 30}, pool_size=8, max_overflow=24
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling begins too late for a consistent read; SQLAlchemy begins below.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL, not NORMAL: a subscriber's cursor must never be on disk while the event it counts is not.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("space_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql_engine(url: URL, schema: str | None) -> Engine:
    return create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"options": f"-csearch_path={schema}"} if schema else {},
    )


def insert_or_ignore(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` in one statement; those whose key is there already change nothing."""
    if rows:
        postgres = session.get_bind().dialect.name == "postgresql"
        insert: Any = postgresql.insert if postgres else sqlite.insert
        session.execute(insert(table).on_conflict_do_nothing(), list(rows))
