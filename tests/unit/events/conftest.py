"""A migrated events database, people, and the least that an event needs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from contracts.events import EventView
from core import clock
from core.audience import Viewer
from core.database import Database
from services.events import actions
from tests.unit.events.events_house import ANNA, NOW, Make, command

MIGRATIONS = Path(__file__).resolve().parents[3] / "services/events/migrations"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    server = os.environ.get("SPACE_TEST_POSTGRES_URL")
    if server is None:
        made = Database(f"sqlite:///{tmp_path}/events.sqlite")
        made.migrate(MIGRATIONS)
        yield made
        made.close()
        return
    name = f"events_{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = Database(make_url(server).set(database=name).render_as_string(hide_password=False))
    made.migrate(MIGRATIONS)
    yield made
    made.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    admin.dispose()


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
