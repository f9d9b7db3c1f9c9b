"""A service that is upgraded before or after its producer loses no event, and dead-letters none for that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy.orm import Session

from bus.consumer.subscription import Subscription
from bus.eventlog import schema
from contracts.common import Event, Recorded
from core import clock
from core.database import Database

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


class Noted(Event):
    """The event as the subscriber knows it."""

    type: ClassVar[str] = "alpha.note.noted"
    text: str


class NotedLater(Event):
    """The event as the subscriber knows it after its upgrade."""

    type: ClassVar[str] = "alpha.note.noted"
    version: ClassVar[int] = 2
    text: str | None


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/beta.sqlite")
    schema.metadata.create_all(opened.engine)
    yield opened
    opened.close()


class Resources:
    """A subscription to alpha, and the events that it handled."""

    def __init__(self, database: Database, model: type[Event]) -> None:
        self.handled: list[Any] = []
        self.subscription = Subscription("beta", "alpha", {model.type: [(model, self.handle)]}, database)

    def handle(self, session: Session, event: Any, recorded: Recorded) -> None:
        self.handled.append(event.text)


def event(seq: int, version: int, **data: Any) -> Recorded:
    return Recorded(
        producer="alpha",
        seq=seq,
        id=f"id-{seq}",
        type="alpha.note.noted",
        version=version,
        subject="note/a",
        audience="public",
        occurred_at=NOON,
        data=data,
    )


def test_what_a_newer_release_only_added_to_is_read_at_once(database: Database) -> None:
    service = Resources(database, Noted)
    service.subscription.apply([event(1, 2, text="hello", mood="fine")])
    assert service.handled == ["hello"]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "still_tried"), [(2, True), (1, False)])
def test_what_only_a_newer_release_can_read_waits_for_the_upgrade(
    database: Database, version: int, still_tried: bool
) -> None:
    service = Resources(database, Noted)
    with clock.at(NOON):
        service.subscription.apply([event(1, version, text=None), event(2, version, text="behind it")])
    for hours in range(1, 30):
        with clock.at(NOON + timedelta(hours=hours)):
            service.subscription.retry_failed()
    with clock.at(NOON + timedelta(hours=30)):
        # A broken event of this release is dead-lettered, and so never due again.
        assert (service.subscription.retry_failed() is not None) == still_tried
    assert service.handled == []

    if still_tried:
        upgraded = Resources(database, NotedLater)
        with clock.at(NOON + timedelta(hours=31)):
            upgraded.subscription.retry_failed()
        assert upgraded.handled == [None, "behind it"]
