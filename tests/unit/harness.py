"""A database of its own for each test of a service: on SQLite, and on PostgreSQL where SPACE_TEST_POSTGRES_URL names
a server. A service's conftest has ``store = store_of("blog")`` and gets databases from it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.orm import Session

from contracts.common import Page
from contracts.errors import NotFound, SpaceError
from core.database import Database
from tests import servers

SERVICES = Path(__file__).resolve().parents[2] / "services"
SERVER = os.environ.get("SPACE_TEST_POSTGRES_URL")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = ("sqlite", "postgresql") if SERVER else ("sqlite",)


Item = TypeVar("Item")


class Store:
    """A service's migrated, empty database, handed to each test of a process in turn: `origin` is the path of a file
    to copy on SQLite, the URL of a database to empty again on PostgreSQL.

    All tests get one `Database`, for SQLAlchemy keeps compiled statements with it.
    """

    def __init__(self, service: str, origin: str) -> None:
        self.origin = origin
        self._file = None if origin.startswith("postgresql") else Path(origin).with_name(f"{service}.sqlite")
        url = origin if self._file is None else f"sqlite:///{self._file}"
        self._database = Database(url)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """It, empty, for one test."""
        if self._file is None:
            empty(self._database)
        else:
            # A new file: a statement that was not read to its end keeps the one before open, with its locks.
            self._file.unlink(missing_ok=True)
            lay(Path(self.origin), self._file)
        try:
            yield self._database
        finally:
            self._database.close()
            self._database.after_commit.clear()


def lay(origin: Path, file: Path) -> None:
    """Make an SQLite file that nobody has open equal to another: its contents, for a new file would have to be
    opened anew."""
    for log in ("-wal", "-shm"):
        file.with_name(file.name + log).unlink(missing_ok=True)
    shutil.copyfile(origin, file)


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[Database]:
    """A database without tables, on SQLite in `folder` or on PostgreSQL, where the test is skipped or fails if that
    is not there."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/store.sqlite"
        if kind == "postgresql":
            url = stack.enter_context(servers.fresh_database())
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


def store_of(service: str, kinds: Sequence[str] = KINDS) -> Any:
    """The fixture `store` of a service."""

    @pytest.fixture(scope="session", params=kinds)
    def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
        if request.param == "sqlite":
            file = tmp_path_factory.mktemp(service) / "empty.sqlite"
            yield _migrated(service, f"sqlite:///{file}", str(file))
            return
        assert SERVER is not None
        name = f"space_test_{secrets.token_hex(6)}"
        server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        yield _migrated(service, url, url)
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()

    return store


def migrate(database: Database, service: str, revision: str = "head") -> None:
    """Bring a database to a revision of the service's schema."""
    database.migrate(SERVICES / service / "migrations", revision)


_PLAIN = {"INTEGER": 1, "BIGINT": 1, "FLOAT": 1.0, "REAL": 1.0, "DOUBLE PRECISION": 1.0, "BOOLEAN": False}


def insert_row(database: Database, table: str, /, **values: Any) -> None:
    """A row with these values, and something in every other column that must have a value."""
    for column in inspect(database.engine).get_columns(table):
        kind = str(column["type"]).partition("(")[0]
        if not column["nullable"] and column["name"] not in values and column["default"] is None:
            is_time = kind in ("DATETIME", "TIMESTAMP")
            values[column["name"]] = "2026-01-02 03:04:05" if is_time else _PLAIN.get(kind, "[]")
    names = ", ".join(values)
    with database.writing() as session:
        session.execute(text(f"INSERT INTO {table} ({names}) VALUES (:{names.replace(', ', ', :')})"), values)


def _migrated(service: str, url: str, origin: str) -> Store:
    database = Database(url)
    migrate(database, service)
    database.close()
    return Store(service, origin)


TABLES = "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"


def empty(database: Database) -> None:
    """Take every row out of a PostgreSQL database; the schema stays.

    Most tests roll back, and leave a sequence that went on. Only tables with rows are truncated, or with much that was
    rolled back: PostgreSQL makes a new file for each of them and of their indexes, which takes longer than most tests.
    """
    with database.engine.begin() as connection:
        tables = connection.scalars(text(f"SELECT relname {TABLES}")).all()
        looks = [f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables]
        looks.append(f"SELECT relname::text {TABLES} AND pg_relation_size(oid) > 100000")
        if written := connection.scalars(text(" UNION ".join(looks))).all():
            connection.execute(text(f"TRUNCATE {', '.join(written)} RESTART IDENTITY CASCADE"))
        gone_on = text("SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL")
        for sequence in connection.scalars(gone_on).all():
            connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART"))


def meet(
    database: Database, first: Callable[[Session], object], second: Callable[[Session], object]
) -> Exception | None:
    """Run `second` while the transaction of `first` is open, commit `first` once `second` waits for one of its locks,
    and return what `second` raised. Skips the test on SQLite, which has one writer.

    A `second` that does not wait until `first` is committed fails the test: it can't know of it.
    """
    if database.sqlite:
        pytest.skip("an SQLite store has one writer")
    raised: list[Exception] = []

    def write() -> None:
        try:
            with database.writing() as session:
                second(session)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=write)
    with database.writing() as session:
        first(session)
        session.flush()
        thread.start()
        while not _somebody_waits(database):
            assert thread.is_alive(), f"the second did not wait for the first: {raised}"
    thread.join(30)
    assert not thread.is_alive()
    return raised[0] if raised else None


def _somebody_waits(database: Database) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.reading() as session:
        return bool(session.scalar(waiting))


def pages_of(
    read: Callable[[str | None], Page[Item]], between: Callable[[], object] = lambda: None
) -> list[Item]:
    """What `read` finds from the first cursor to the last; `between` runs after each page but the last."""
    found: list[Item] = []
    after: str | None = None
    while True:
        page = read(after)
        found += page.items
        if page.next is None:
            return found
        after = page.next
        between()


def take_steps(
    session: Session,
    take: Callable[[Session, str, list[str], int], None],
    steps: Sequence[tuple[str, int]],
) -> list[str]:
    """Let `take` play random steps, of which those that are refused change nothing; returns the ids of what it made."""
    ids: list[str] = []
    for step, number in steps:
        with suppress(SpaceError):
            take(session, step, ids, number)
    session.flush()
    session.expunge_all()
    return ids


@contextmanager
def statements_of(engine: Engine | Connection) -> Iterator[list[str]]:
    """The SQL statements that run inside the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plans_of(session: Session, read: Callable[[], object]) -> list[str]:
    """How PostgreSQL runs the statements of `read` if it takes an index wherever there is one, though the tables are
    small: with a `Seq Scan` where none fits, and a `Sort` where none has the order. Skips the test on SQLite."""
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite's plans say less")
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        statements.append((statement, values))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        read()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    connection = session.connection()
    for option in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
        connection.exec_driver_sql(f"SET LOCAL {option} = off")
    found = []
    for statement, values in statements:
        if statement.startswith("SELECT"):
            rows = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", values).scalars()
            found.append("\n".join(rows))
    return found


@contextmanager
def work_of(engine: Engine | Connection) -> Iterator[list[str]]:
    """The SQL statements that run inside the block, each followed by the classes of the rows that come from it.

    What is hidden and what is not there must take the same: then the time of an answer tells nothing either.
    """

    def note(_session: Session, row: object) -> None:
        work.append(type(row).__name__)

    with statements_of(engine) as work:
        event.listen(Session, "loaded_as_persistent", note)
        try:
            yield work
        finally:
            event.remove(Session, "loaded_as_persistent", note)


def work_until_not_found(session: Session, call: Callable[[], object]) -> list[str]:
    """The work (`work_of`) of a call that must raise `NotFound`, in a session that has loaded nothing yet."""
    session.flush()
    session.expunge_all()
    with work_of(session.connection()) as work, pytest.raises(NotFound) as missing:
        call()
    assert missing.value.to_wire() == NotFound().to_wire()
    return work
