"""The state of the bus, read on demand: metrics for Prometheus, and reasons why a process is not ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bus.consumer.runner import Health
from bus.eventlog.schema import failed_event
from bus.ops import metrics
from bus.ops.status import ServiceStatus, service_status
from bus.outbox.store import OutboxStatus
from bus.rpc.client import RpcClient
from bus.rpc.context import within
from contracts.common import Producer, Recorded
from contracts.errors import SpaceError
from core import clock
from core.database import Database

_CALL_SECONDS = 1.0
FAMILIES = {
    "space_broker_up": ("Whether the broker can be reached", ()),
    "space_database_up": ("Whether a service's database answers", ("service",)),
    "space_log_end_events": ("Events in a service's log", ("service",)),
    "space_relay_lag_events": ("Events that the broker has not confirmed yet", ("service",)),
    "space_subscription_lag_events": ("Events of a log that have not taken effect", ("service", "producer")),
    "space_subscription_halted": ("1 if a log is not the one that was read before", ("service", "producer")),
    "space_subscription_paused": ("1 while a subscription waits as a whole", ("service", "producer")),
    "space_oldest_unhandled_event_seconds": (
        "Age of the oldest event without effect, 0 if there is none",
        ("service", "producer"),
    ),
    "space_failed_subjects": (
        "Subjects whose events wait for a retry, or are dead-lettered",
        ("service", "producer", "state"),
    ),
    "space_outbox_tasks": ("Outbox tasks that wait, or are dead-lettered", ("service", "kind", "state")),
    "space_oldest_waiting_task_seconds": (
        "Age of the oldest task that is neither done nor dead-lettered, nor behind such; 0 if there is none",
        ("service", "kind"),
    ),
}


@dataclass(frozen=True)
class Watched:
    """A service that runs in this process, with the health of its subscriptions and calls."""

    name: str
    database: Database
    health: Sequence[Health] = field(default_factory=list)


class BusCollector(Collector):
    """Collects gauges: of this process's services from their databases, of the ends of producers' logs by calls.

    For a producer that does not reply there is no sample, since its lag is unknown.
    """

    def __init__(self, services: Sequence[Watched], client: RpcClient) -> None:
        self._services = services
        self._client = client

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return _families().values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = _families()
        found["space_broker_up"].add_metric((), float(self._client.connected))
        for service in self._services:
            self._collect_service(service, found)
        yield from found.values()

    def _collect_service(self, service: Watched, found: Mapping[str, GaugeMetricFamily]) -> None:
        name = service.name
        try:
            with service.database.reading() as session:
                status = service_status(session, name, "")
                oldest_failed = _oldest_failed(session)
        except SQLAlchemyError:
            found["space_database_up"].add_metric((name,), 0)
            return
        found["space_database_up"].add_metric((name,), 1)
        found["space_log_end_events"].add_metric((name,), status.log_end)
        if not self._client.in_process:
            found["space_relay_lag_events"].add_metric((name,), status.log_end - status.published)
        _collect_outbox(name, status, found)
        for health in service.health:
            for producer, paused in health.paused().items():
                labels = (name, producer)
                found["space_subscription_paused"].add_metric(labels, float(paused))
                self._collect_subscription(labels, status, oldest_failed.get(producer), found)

    def _collect_subscription(
        self,
        labels: tuple[str, str],
        service: ServiceStatus,
        oldest_failed: Recorded | None,
        found: Mapping[str, GaugeMetricFamily],
    ) -> None:
        status = next((each for each in service.subscriptions if each.producer == labels[1]), None)
        found["space_subscription_halted"].add_metric(labels, float(bool(status and status.halt_reason)))
        failed = found["space_failed_subjects"]
        failed.add_metric((*labels, "retrying"), status.retrying if status else 0)
        failed.add_metric((*labels, "dead_lettered"), status.dead_lettered if status else 0)
        offset = status.offset if status else 0
        producer = self._client.proxy(Producer, labels[1])
        try:
            with within(_CALL_SECONDS):
                lag = producer.log_end() - offset
                waiting = producer.events_after(offset, 1) if lag > 0 else []
        except SpaceError:
            return
        found["space_subscription_lag_events"].add_metric(labels, lag)
        moments = [event.occurred_at for event in [*waiting, *([oldest_failed] if oldest_failed else [])]]
        age = (clock.now() - min(moments)).total_seconds() if moments else 0.0
        found["space_oldest_unhandled_event_seconds"].add_metric(labels, max(age, 0.0))


def _collect_outbox(name: str, status: ServiceStatus, found: Mapping[str, GaugeMetricFamily]) -> None:
    # Kinds without open tasks are not in the status; those that this process handles are reported as 0.
    idle = {kind: OutboxStatus(kind=kind) for kind in metrics.handled_kinds(name)}
    for each in (idle | {each.kind: each for each in status.outbox}).values():
        found["space_outbox_tasks"].add_metric((name, each.kind, "waiting"), each.waiting)
        found["space_outbox_tasks"].add_metric((name, each.kind, "dead_lettered"), each.dead_lettered)
        age = (clock.now() - each.oldest).total_seconds() if each.oldest else 0.0
        found["space_oldest_waiting_task_seconds"].add_metric((name, each.kind), max(age, 0.0))


def problems(services: Sequence[Watched], client: RpcClient) -> list[str]:
    """The reasons why this process can't work now, in a few words each; empty if it can."""
    reasons = [] if client.connected else ["the broker is away"]
    for service in services:
        try:
            with service.database.reading() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            reasons.append(f"the database of {service.name} is away")
        for health in service.health:
            reasons.extend(health.problems())
    return reasons


def _oldest_failed(session: Session) -> dict[str, Recorded]:
    """The oldest failed event of each producer."""
    first = (
        select(failed_event.c.producer, func.min(failed_event.c.seq).label("seq"))
        .group_by(failed_event.c.producer)
        .subquery()
    )
    query = select(failed_event.c.event).join(
        first, (failed_event.c.producer == first.c.producer) & (failed_event.c.seq == first.c.seq)
    )
    events = [Recorded.model_validate(data) for data in session.execute(query).scalars()]
    return {event.producer: event for event in events}


def _families() -> dict[str, Any]:
    return {name: GaugeMetricFamily(name, text, labels=labels) for name, (text, labels) in FAMILIES.items()}
