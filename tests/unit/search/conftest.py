"""Fixtures: an index for each test, on SQLite only, since the embedded engine needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.database import Database
from tests.unit.harness import Store, store_of

store = store_of("search", kinds=("sqlite",))


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """A migrated index with nothing in it."""
    with store.database() as found:
        yield found
