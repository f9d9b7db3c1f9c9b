"""A gateway that keeps pages, before fakes of the services."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import request
from flask.testing import FlaskClient

from contracts.common import Recorded
from gateway.app import create_app
from tests.unit.gateway.fakes import FakeServices, settings
from tests.unit.gateway.harness import MemoryEventListener

NOON = datetime(2026, 5, 4, 12, 0, 20, tzinfo=UTC)


def recorded(
    producer: str, seq: int, kind: str = "tests.thing.changed", subject: str = "thing/1"
) -> Recorded:
    """An event in a log."""
    return Recorded(
        producer=producer, seq=seq, id=f"{producer}-{seq}", type=kind, version=1, subject=subject,
        audience="public", occurred_at=NOON, data={},
    )  # fmt: skip


class Cached:
    """A gateway with a cache before fakes, whose logs are as long as `ends` says."""

    def __init__(self, fakes: FakeServices, home: Any) -> None:
        self.fakes = fakes
        self.ends = {"people": 1, "blog": 1, "forum": 1, "events": 1}
        for name in self.ends:
            getattr(fakes, name).answers["log_end"] = lambda name=name: self.ends[name]
            getattr(fakes, name).answers["events_after"] = lambda seq, limit, name=name: self.events_after(
                name, seq
            )
        fakes.notify.answers["log_end"] = 1
        self.listener = MemoryEventListener()
        services = replace(fakes.services, listener=self.listener)
        # As long as no test moves the clock, the ends of the logs are not asked for again by themselves.
        self.seconds = 0.0
        self.app = create_app(settings(home), services, keep_pages=True, seconds=lambda: self.seconds)
        self._made = 0
        self.app.before_request(self._count)

    def events_after(self, producer: str, seq: int) -> list[Recorded]:
        """Events that may have changed anything."""
        return [recorded(producer, each) for each in range(seq + 1, self.ends[producer] + 1)]

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def made(self) -> int:
        """How often a page of news was made."""
        return self._made

    def _count(self) -> None:
        self._made += request.path == "/news"
