"""How the bus stands, read at the moment somebody asks: for Prometheus and for readiness."""

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
from bus.eventlog.schema import held
from bus.ops import metrics
from bus.ops.status import service_status
from bus.rpc.client import Caller
from bus.rpc.context import within
from contracts.common import EffectStatus, Producer, Recorded, ServiceStatus
from contracts.errors import SpaceError
from core import clock
from core.database import Database

_CALL_SECONDS = 1.0
FAMILIES = {
    "space_broker_up": ("Whether the broker is there", ()),
    "space_database_up": ("Whether a service's database answers", ("service",)),
    "space_log_end_events": ("Events in a service's log", ("service",)),
    "space_relay_lag_events": ("Events that the broker has not taken over yet", ("service",)),
    "space_subscription_drift_events": (
        "Events of a log that have not taken effect",
        ("service", "producer"),
    ),
    "space_subscription_broken": ("1 if a log is not the one that was read", ("service", "producer")),
    "space_subscription_braking": ("1 while a subscription waits as a whole", ("service", "producer")),
    "space_oldest_unhandled_event_seconds": (
        "Age of the oldest event without effect, 0 if there is none",
        ("service", "producer"),
    ),
    "space_held_subjects": (
        "Subjects that wait for a retry, or are parked",
        ("service", "producer", "state"),
    ),
    "space_effects": (
        "Effects outside of the database that wait, or are given up",
        ("service", "kind", "state"),
    ),
    "space_oldest_waiting_effect_seconds": (
        "Age of the oldest effect that is neither done nor given up, nor behind such; 0 if there is none",
        ("service", "kind"),
    ),
}


@dataclass(frozen=True)
class Watched:
    """A service that runs in this process, and what its subscriptions say of themselves."""

    name: str
    database: Database
    health: Sequence[Health] = field(default_factory=list)


class BusCollector(Collector):
    """Reads the states of this process's services from their databases, and where their producers stand by calls.

    A producer that does not answer gives no sample: nothing is known, and that is not zero.
    """

    def __init__(self, services: Sequence[Watched], caller: Caller) -> None:
        self._services = services
        self._caller = caller

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return _families().values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = _families()
        found["space_broker_up"].add_metric((), float(self._caller.connected))
        for service in self._services:
            self._collect_service(service, found)
        yield from found.values()

    def _collect_service(self, service: Watched, found: Mapping[str, GaugeMetricFamily]) -> None:
        name = service.name
        try:
            with service.database.reading() as session:
                status = service_status(session, name, "")
                oldest_held = _oldest_held(session)
        except SQLAlchemyError:
            found["space_database_up"].add_metric((name,), 0)
            return
        found["space_database_up"].add_metric((name,), 1)
        found["space_log_end_events"].add_metric((name,), status.log_end)
        found["space_relay_lag_events"].add_metric((name,), status.log_end - status.published)
        _collect_effects(name, status, found)
        for health in service.health:
            for producer, braking in health.braking().items():
                labels = (name, producer)
                found["space_subscription_braking"].add_metric(labels, float(braking))
                self._collect_subscription(labels, status, oldest_held.get(producer), found)

    def _collect_subscription(
        self,
        labels: tuple[str, str],
        status: ServiceStatus,
        oldest_held: Recorded | None,
        found: Mapping[str, GaugeMetricFamily],
    ) -> None:
        place = next((place for place in status.subscriptions if place.producer == labels[1]), None)
        found["space_subscription_broken"].add_metric(labels, float(bool(place and place.trouble)))
        found["space_held_subjects"].add_metric((*labels, "waiting"), place.held if place else 0)
        found["space_held_subjects"].add_metric((*labels, "parked"), place.parked if place else 0)
        cursor = place.cursor if place else 0
        producer = self._caller.client(Producer, labels[1])
        try:
            with within(_CALL_SECONDS):
                drift = producer.log_end() - cursor
                waiting = producer.events_after(cursor, 1) if drift > 0 else []
        except SpaceError:
            return
        found["space_subscription_drift_events"].add_metric(labels, drift)
        moments = [event.occurred_at for event in [*waiting, *([oldest_held] if oldest_held else [])]]
        age = (clock.now() - min(moments)).total_seconds() if moments else 0.0
        found["space_oldest_unhandled_event_seconds"].add_metric(labels, max(age, 0.0))


def _collect_effects(name: str, status: ServiceStatus, found: Mapping[str, GaugeMetricFamily]) -> None:
    # A kind of which nothing is left to do is known from who performs it: its zero is one.
    idle = {kind: EffectStatus(kind=kind) for kind in metrics.performed_kinds(name)}
    for each in (idle | {each.kind: each for each in status.effects}).values():
        found["space_effects"].add_metric((name, each.kind, "waiting"), each.waiting)
        found["space_effects"].add_metric((name, each.kind, "parked"), each.parked)
        age = (clock.now() - each.oldest).total_seconds() if each.oldest else 0.0
        found["space_oldest_waiting_effect_seconds"].add_metric((name, each.kind), max(age, 0.0))


def troubles(services: Sequence[Watched], caller: Caller) -> list[str]:
    """Why this process can't do its work now, as short reasons; empty when it can."""
    reasons = [] if caller.connected else ["the broker is away"]
    for service in services:
        try:
            with service.database.reading() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            reasons.append(f"the database of {service.name} is away")
        for health in service.health:
            reasons.extend(health.troubles())
    return reasons


def _oldest_held(session: Session) -> dict[str, Recorded]:
    first = select(held.c.producer, func.min(held.c.seq).label("seq")).group_by(held.c.producer).subquery()
    query = select(held.c.event).join(
        first, (held.c.producer == first.c.producer) & (held.c.seq == first.c.seq)
    )
    events = [Recorded.model_validate(data) for data in session.execute(query).scalars()]
    return {event.producer: event for event in events}


def _families() -> dict[str, Any]:
    return {name: GaugeMetricFamily(name, text, labels=labels) for name, (text, labels) in FAMILIES.items()}
