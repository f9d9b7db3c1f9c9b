"""Stores of events of earlier releases come to the newest schema, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bus.eventlog.read import events_after
from core import clock
from core.database import Database
from services.events.actions import dates
from tests.unit.harness import insert_row, migrate

pytestmark = pytest.mark.slow


def test_whether_one_can_go_to_coming_events_is_published_after_the_upgrade(empty_database: Database) -> None:
    migrate(empty_database, "events", "0016")
    now = clock.now()
    for event_id, days in (("coming", 3), ("over", -3)):
        insert_row(
            empty_database, "event", id=event_id, audience="public", status="confirmed", format="online",
            original_language="en", spoken="[]", tags="[]", timezone="UTC", slug="x",
            created_at=(now - timedelta(days=30)).isoformat(sep=" "),
        )  # fmt: skip
        insert_row(empty_database, "event_version", event_id=event_id, language="en", title="Walk", body="")
        start = now + timedelta(days=days)
        insert_row(
            empty_database, "occurrence", event_id=event_id, occurrence="20260101T1000",
            starts_at=start.isoformat(sep=" "), ends_at=(start + timedelta(hours=1)).isoformat(sep=" "),
        )  # fmt: skip
    migrate(empty_database, "events")
    with empty_database.writing() as session:
        found = session.execute(text("SELECT id FROM event WHERE next_ends_at IS NOT NULL")).scalars().all()
        assert found == ["coming"]
        assert (dates.advance(session), dates.advance(session)) == (1, 0)
        (told,) = events_after(session, "events", 0, 10)
        assert (told.type, told.data["event"]["has_seats"]) == ("events.date.changed", True)
