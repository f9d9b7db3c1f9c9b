"""A forum of its own for each test: on SQLite, and on PostgreSQL where SPACE_TEST_POSTGRES_URL names a server."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from bus.schema import metadata as bus_tables
from core.database import Database
from services.forum import actions
from services.forum.tables import Base
from tests.unit.forum.forum_house import ADMIN

MIGRATIONS = Path(__file__).parents[3] / "services" / "forum" / "migrations"
SERVER = os.environ.get("SPACE_TEST_POSTGRES_URL")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"] if SERVER else ["sqlite"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated, empty database: the URL of one on PostgreSQL, the path of a file to copy on SQLite."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("forum") / "empty.sqlite"
        database = Database(f"sqlite:///{file}")
        database.migrate(MIGRATIONS)
        database.close()
        yield str(file)
        return
    assert SERVER is not None
    name = f"space_test_{secrets.token_hex(6)}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    database = Database(url)
    database.migrate(MIGRATIONS)
    database.close()
    yield url
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def database(store: str, tmp_path: Path) -> Iterator[Database]:
    """The forum's database with two categories, one of them official."""
    if store.startswith("postgresql"):
        found = Database(store)
        with found.writing() as session:
            for table in [*reversed(Base.metadata.sorted_tables), *reversed(bus_tables.sorted_tables)]:
                session.execute(table.delete())
    else:
        shutil.copy(store, tmp_path / "forum.sqlite")
        found = Database(f"sqlite:///{tmp_path / 'forum.sqlite'}")
    with found.writing() as session:
        actions.set_category(
            session, ADMIN, "general", "en", {"en": ("General", ""), "es": ("En general", "")}
        )
        actions.set_category(
            session, ADMIN, "announcements", "en", {"en": ("Announcements", "")}, official=True
        )
    yield found
    found.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the forum's database, undone at the end."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
