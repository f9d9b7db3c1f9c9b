"""An index of its own for each test: on SQLite only, for that is what the embedded engine is made of."""

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
