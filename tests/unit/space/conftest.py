"""A system as commands on its stores find it: nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bus.eventlog.schema import metadata
from core.database import Database
from core.settings import SERVICES, Settings


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A folder with every service's store, and in each the bus's empty tables."""
    monkeypatch.setenv("SPACE_HOME", str(tmp_path))
    made = Settings.from_environment()
    for service in SERVICES:
        database = Database(made.databases[service])
        metadata.create_all(database.engine)
        database.close()
    return made
