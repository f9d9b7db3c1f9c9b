"""Fixtures: a database of notify, and a harness that lets notify handle events of other services."""

from __future__ import annotations

import pytest

from core.database import Database
from tests.unit.harness import store_of
from tests.unit.notify.harness import NotifyHarness

store = store_of("notify")


@pytest.fixture
def harness(database: Database) -> NotifyHarness:
    """A harness without people or content."""
    return NotifyHarness(database)
