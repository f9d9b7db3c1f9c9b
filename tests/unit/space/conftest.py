"""A system that does not run, for commands that work on its stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from bus.eventlog.schema import metadata
from core.database import Database
from core.settings import SERVICES, Settings


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A folder with the store of every service, each with the empty tables of the bus."""
    monkeypatch.setenv("SPACE_HOME", str(tmp_path))
    made = Settings.from_environment()
    for service in SERVICES:
        database = Database(made.databases[service])
        metadata.create_all(database.engine)
        database.close()
    return made
