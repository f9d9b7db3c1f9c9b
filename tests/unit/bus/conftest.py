"""A database with the bus's tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bus.eventlog.schema import metadata
from core.database import Database
from tests import servers


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of its own for each test, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path}/store.sqlite")
        metadata.create_all(made.engine)
        yield made
        made.close()
        return
    with servers.fresh_database() as url:
        made = Database(url)
        metadata.create_all(made.engine)
        yield made
        made.close()
