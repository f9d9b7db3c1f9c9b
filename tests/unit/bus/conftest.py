"""A database with the bus's tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bus.eventlog.schema import metadata
from core.database import Database
from tests.unit.harness import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of its own for each test, on SQLite and on PostgreSQL."""
    with new_database(request.param, tmp_path) as database:
        metadata.create_all(database.engine)
        yield database
