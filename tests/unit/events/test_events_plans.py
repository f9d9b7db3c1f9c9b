"""How PostgreSQL finds events: never by reading all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

from contracts.events import EventQuery, EventView, Month
from core.database import Database
from services.events import queries
from tests.unit.events.harness import ANNA, Make
from tests.unit.harness import plans_of

MONTH = Month(first=date(2026, 6, 1), timezone="Africa/Cairo")


@pytest.mark.parametrize(
    "read",
    [
        lambda session, one: queries.events(session, ANNA, EventQuery()),
        lambda session, one: queries.events(session, ANNA, EventQuery(once=True)),
        lambda session, one: queries.events(session, ANNA, EventQuery(tag="birds")),
        lambda session, one: queries.events(session, ANNA, EventQuery(box=(0, 0, 60, 60))),
        lambda session, one: queries.month(session, ANNA, MONTH, EventQuery()),
        lambda session, one: queries.event(session, ANNA, one.id, None, None),
        lambda session, one: queries.events_by_id(session, ANNA, [one.id], [one.occurrence], None),
        lambda session, one: queries.attendees(session, ANNA, one.id, None, None, 20),
    ],
    ids=["coming", "once", "tag", "map", "month", "event", "several", "attendees"],
)
def test_each_read_has_an_index_on_postgresql(
    database: Database, make: Make, read: Callable[[Session, EventView], object]
) -> None:
    one = make()
    with database.reading() as session:
        for plan in plans_of(session, lambda: read(session, one)):
            assert "Seq Scan" not in plan, plan
