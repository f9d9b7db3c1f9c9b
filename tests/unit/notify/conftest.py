"""A database of notify, and a town that makes events as the other rooms would and lets notify hear them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.database import Database
from tests.unit.notify.town import Town
from tests.unit.service_house import Store, store_of

store = store_of("notify")


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """A migrated, empty database."""
    with store.database() as found:
        yield found


@pytest.fixture
def town(database: Database) -> Town:
    """An empty town."""
    return Town(database)
