"""A database with the bus's tables."""

from __future__ import annotations

import pytest

from bus.eventlog.schema import metadata
from core.database import Database


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database of its own for each test, on SQLite and on PostgreSQL."""
    metadata.create_all(empty_database.engine)
    return empty_database
