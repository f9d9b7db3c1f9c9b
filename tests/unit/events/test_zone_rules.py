"""The rules of a time zone change: the local time stays, and everything that shows an instant follows."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bus.eventlog.read import events_after
from contracts.common import Recorded
from contracts.events import ChangeEvent, EventQuery, EventView
from core import clock
from core.audience import STRANGER
from core.database import Database
from services.events import actions, queries
from services.events.actions import zones
from services.events.tables import EventRow
from services.events.zone_rules import fingerprint
from services.shared.limits import without_limits
from tests.unit.events.harness import ANNA, BEN, NOW, Make

BERLIN = "Europe/Berlin"

ChangeRules = Callable[[str], None]


@pytest.fixture
def change_rules(tmp_path: Path) -> Iterator[ChangeRules]:
    """Gives Berlin the rules of another zone, as a new release of the time zone database would."""
    original = zoneinfo.TZPATH
    (tmp_path / "Europe").mkdir()

    def change(like: str) -> None:
        found = next(Path(folder) / like for folder in original if (Path(folder) / like).is_file())
        (tmp_path / BERLIN).write_bytes(found.read_bytes())
        zoneinfo.reset_tzpath([str(tmp_path), *original])

    change(BERLIN)
    zoneinfo.ZoneInfo.clear_cache()
    yield change
    zoneinfo.reset_tzpath(original)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.fixture
def make(change_rules: ChangeRules, make: Make) -> Make:
    """Makes events once the folder of rules is there."""
    return make


def look_through(database: Database) -> int:
    """How many events were looked through until none was left."""
    count = 0
    with clock.at(NOW):
        while True:
            with database.writing() as session:
                found = zones.recalculate(session)
            if not found:
                return count
            count += found


def recorded(database: Database) -> list[Recorded]:
    with database.reading() as session:
        return [
            each
            for each in events_after(session, "events", 0, 1000)
            if each.type == "events.event.recalculated"
        ]


def seen(database: Database, event_id: str) -> EventView:
    with clock.at(NOW), database.reading() as session:
        return queries.event(session, STRANGER, event_id, None, None)


def test_the_local_time_stays_and_the_instant_follows(
    database: Database, make: Make, change_rules: ChangeRules
) -> None:
    made = make(start=datetime(2027, 12, 15, 14, 30))  # noqa: DTZ001
    assert made.starts_at == datetime(2027, 12, 15, 13, 30, tzinfo=UTC)
    change_rules("Europe/Moscow")
    assert look_through(database) == 1
    now = seen(database, made.id)
    assert now.starts_at == datetime(2027, 12, 15, 11, 30, tzinfo=UTC)
    assert (now.local_start, now.occurrence) == (made.local_start, made.occurrence)
    assert now.starts_at.astimezone(zoneinfo.ZoneInfo(BERLIN)).replace(tzinfo=None) == made.local_start
    with clock.at(NOW), database.reading() as session:
        query = EventQuery(
            from_time=datetime(2027, 1, 1, tzinfo=UTC), to_time=datetime(2028, 1, 1, tzinfo=UTC)
        )
        assert [line.starts_at for line in queries.events(session, STRANGER, query).items] == [now.starts_at]
    (event,) = recorded(database)
    assert event.data["event"]["starts_at"] == "2027-12-15T11:30:00Z"
    assert event.data["event"]["sequence"] == made.sequence + 1, "calendar programs fetch it again"
    assert event.data["by_id"] == ""


def test_the_dates_of_a_series_follow_and_who_attends_stays(
    database: Database, make: Make, change_rules: ChangeRules
) -> None:
    made = make(recurrence="FREQ=WEEKLY;COUNT=5")
    with clock.at(NOW), database.writing() as session:
        actions.attend(session, BEN, made.id, made.occurrence, "going")
    change_rules("Europe/London")
    assert look_through(database) == 1
    now = seen(database, made.id)
    assert [each.hour for each in now.dates] == [18] * 5
    assert now.going == 1
    assert len(recorded(database)) == 1


def test_rules_that_change_nothing_here_are_noted_and_nothing_is_said(
    database: Database, make: Make, change_rules: ChangeRules
) -> None:
    made = make()
    change_rules("Europe/Paris")
    assert look_through(database) == 1
    now = seen(database, made.id)
    assert (now.starts_at, now.changed_at) == (made.starts_at, made.changed_at)
    assert recorded(database) == []
    assert look_through(database) == 0


@pytest.mark.slow
def test_only_events_in_the_zone_are_looked_through_each_once(
    database: Database, make: Make, change_rules: ChangeRules
) -> None:
    with without_limits():
        events = [make() for _ in range(zones.BATCH + 3)]
    make(BEN, timezone="Asia/Tokyo")
    assert look_through(database) == 0
    change_rules("Europe/London")
    assert look_through(database) == len(events)
    assert len(recorded(database)) == len(events)
    assert look_through(database) == 0
    change_rules(BERLIN)
    assert look_through(database) == len(events), "and back"


def test_events_of_an_earlier_release_are_looked_through_once(database: Database, make: Make) -> None:
    made = make()
    with database.writing() as session:
        session.execute(update(EventRow).values(zone_rules=""))
    assert look_through(database) == 1
    assert recorded(database) == []
    with database.reading() as session:
        assert session.scalar(select(EventRow.zone_rules).where(EventRow.id == made.id)) == fingerprint(
            BERLIN
        )


def test_a_change_of_the_event_uses_the_rules_of_the_day(
    database: Database, make: Make, change_rules: ChangeRules
) -> None:
    made = make()
    change_rules("Europe/London")
    zoneinfo.ZoneInfo.clear_cache()
    with clock.at(NOW), database.writing() as session:
        actions.change_event(session, ANNA, made.id, ChangeEvent(revision=1, minutes=60))
    assert look_through(database) == 0


def test_a_zone_without_rules_has_no_fingerprint() -> None:
    assert fingerprint("Nowhere/Special") == ""
    assert fingerprint("Europe") == ""
    assert len(fingerprint("UTC")) == 16
