"""Fixtures of several services: a database for each test, and what takes long to make, made once for all processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core import gazetteer
from core.database import Database
from tests.unit.harness import Store, new_database


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """A migrated, empty database of the service whose `store` the folder's conftest names."""
    with store.database() as found:
        yield found


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the service's database, rolled back at the end."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, on SQLite and on PostgreSQL."""
    with new_database(request.param, tmp_path) as database:
        yield database


@pytest.fixture(scope="session")
def gazetteer_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the gazetteer in it. Whichever process comes first makes it; the others wait for it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # it has a folder for each process
    home = folder / "gazetteer"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        gazetteer.ensure(home)
    return home
