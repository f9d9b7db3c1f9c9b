"""Helpers of several tests of the bus: for stores, and for the metrics of a process."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete

from bus.eventlog.append import append_events
from bus.eventlog.read import events_after
from bus.eventlog.schema import event_log
from bus.eventlog.schema import metadata as bus_tables
from bus.ops.health import Watched
from bus.ops.metrics import REGISTRY
from contracts.common import Recorded
from core.audience import STRANGER
from core.database import Database
from space.ops import OpsServer
from tests.bus.harness import BusHarness, Noted, all_copied, tables


def log_of(database: Database, *texts: str, about: str = "a") -> list[Recorded]:
    with database.writing() as session:
        append_events(session, [Noted(text=text, about=about) for text in texts])
    return fetch_from(database)(0, 1000)


def fetch_from(database: Database) -> Callable[[int, int], list[Recorded]]:
    def fetch(seq: int, limit: int) -> list[Recorded]:
        with database.reading() as session:
            return events_after(session, "alpha", seq, limit)

    return fetch


def copied_by(harness: BusHarness) -> list[str]:
    with harness.databases["beta"].reading() as session:
        return all_copied(session, STRANGER)


def put_back_backup(harness: BusHarness, seq: int) -> None:
    """Delete alpha's events after `seq`, as restoring a backup does."""
    with harness.databases["alpha"].writing() as session:
        session.execute(delete(event_log).where(event_log.c.seq > seq))


def migrate(database: Database) -> None:
    with database.engine.begin() as connection:
        bus_tables.create_all(connection)
        tables.create_all(connection)


class Ops:
    def __init__(self, harness: BusHarness) -> None:
        services = [
            Watched(name, harness.databases[name], container.config["health"])
            for name, container in harness.containers.items()
        ]
        self.server = OpsServer(harness.settings, services, harness.client)
        self.server.start()
        # Its metrics are collected by calls, so one that is left over slows down every later look at a metric.
        harness.on_close.append(self.server.stop)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.server.port}{path}", timeout=10)

    def samples(self) -> dict[tuple[str, ...], float]:
        """The samples by name and the values of their labels, service first."""
        order = ("service", "producer", "method", "state", "kind")
        return {
            (sample.name, *[sample.labels[label] for label in order if label in sample.labels]): sample.value
            for family in text_string_to_metric_families(self.get("/metrics").text)
            for sample in family.samples
        }


def sample(name: str, **labels: str) -> float:
    """The current value of a metric of this process, 0 if it has none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
