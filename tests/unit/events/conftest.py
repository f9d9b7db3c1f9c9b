"""A migrated events database, people, and the least that an event needs."""

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.events import EventView
from core import clock
from core.audience import Viewer
from core.database import Database
from services.events import actions
from tests.unit.events.harness import ANNA, NOW, Make, command
from tests.unit.harness import store_of

store = store_of("events")


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def make(database: Database, at_noon: None) -> Make:
    """Make an event by `viewer` (Anna), with any field of the command set."""

    def made(viewer: Viewer = ANNA, **fields: Any) -> EventView:
        with database.writing() as session:
            return actions.create_event(session, viewer, command(**fields))

    return made
