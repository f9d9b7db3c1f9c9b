"""Runs a service's subscriptions, on messages of the transport and on the producers' logs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import eventlet
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from bus.consumer.assignment import PartitionAssignment
from bus.consumer.dispatch import BatchHandler, Handler
from bus.consumer.subscription import Subscription
from bus.consumer.worker import Worker
from bus.retry.policy import EVENTS, RetryPolicy
from bus.transport.port import EventSource, Transport
from contracts.common import Event
from core.database import Database

log = logging.getLogger(__name__)

ASSIGNMENT_SECONDS = 1.0
"""How often a process checks which partitions it has."""
Handlers = dict[str, dict[str, list[tuple[type[Event], Handler]]]]


def handlers_of(service_class: type) -> Handlers:
    """The `@on` methods of a service class, by producer and event type. They need no container, only a session."""
    service = service_class()
    found: Handlers = {}
    for name in dir(service_class):
        for entrypoint in getattr(getattr(service_class, name), "nameko_entrypoints", ()):
            if isinstance(entrypoint, On):
                producer = entrypoint.event.type.split(".", 1)[0]
                handlers = found.setdefault(producer, {}).setdefault(entrypoint.event.type, [])
                handler = getattr(service, name)
                handlers.append((entrypoint.event, BatchHandler(handler) if entrypoint.many else handler))
    return found


def subscriptions_of(
    service_class: Any, database: Database, policy: RetryPolicy = EVENTS
) -> list[Subscription]:
    """One subscription for each producer whose events the service handles."""
    return [
        Subscription(service_class.name, producer, handlers, database, policy)
        for producer, handlers in sorted(handlers_of(service_class).items())
    ]


class Health(Protocol):
    """The health of what a service receives, in the container's config under `health`: its subscriptions, its calls."""

    def paused(self) -> dict[str, bool]:
        """For each producer whether the whole subscription is paused."""

    def problems(self) -> list[str]:
        """The reasons why events don't take effect, or calls don't arrive, in a few words each."""


class Subscriptions(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Runs the event source of a service, a worker for each producer, and the partition assignment."""

    def setup(self) -> None:
        config = self.container.config
        transport: Transport = config["transport"]
        database: Database = config["resources"].database
        self._assignment = PartitionAssignment(database)
        self.workers = [
            Worker(subscription, config["rpc_client"], self._acknowledge, transport.in_process)
            for subscription in subscriptions_of(self.container.service_cls, database)
        ]
        for worker in self.workers:
            worker.subscription.partitions = frozenset()
        sinks = {worker.subscription.producer: worker for worker in self.workers}
        self._source: EventSource = transport.event_source(
            self.container.service_name, sinks, self._assignment
        )
        self._stopping = False
        config["health"].append(self)

    def start(self) -> None:
        spawn = self.container.spawn_managed_thread
        spawn(self._run_assignment, identifier="partition assignment")
        spawn(self._source.run, identifier="event source")
        for worker in self.workers:
            spawn(worker.run, identifier="worker")

    def stop(self) -> None:
        self._stop()
        super().stop()

    def kill(self) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self._source.stop()
        for worker in self.workers:
            worker.stop()

    def paused(self) -> dict[str, bool]:
        """For each producer whether the whole subscription is paused."""
        return {worker.subscription.producer: worker.paused for worker in self.workers}

    def problems(self) -> list[str]:
        """See `Health.problems`."""
        name = self.container.service_name
        reasons = [] if self._source.connected else [f"{name} receives nothing from the broker"]
        return reasons + [
            f"{name} is paused in the log of {worker.subscription.producer}"
            for worker in self.workers
            if worker.paused
        ]

    def _run_assignment(self) -> None:
        """Refresh the assignment regularly."""
        try:
            while not self._stopping:
                self._assign()
                if self._assignment.alone:
                    return
                eventlet.sleep(ASSIGNMENT_SECONDS)
        finally:
            self._assignment.release()

    def _assign(self) -> None:
        try:
            partitions = self._assignment.refresh()
        except Exception as error:
            # The workers keep their partitions; if another process takes them too, that does no harm.
            log.debug("%s lost its assignment: %s", self.container.service_name, error)
            return
        for worker in self.workers:
            worker.assign_partitions(partitions)

    def _acknowledge(self, messages: Sequence[Any]) -> None:
        self._source.acknowledge(messages)


class On(Entrypoint):  # type: ignore[misc]
    """The entrypoint of a method that handles one type of event."""

    runner = Subscriptions()

    def __init__(self, event: type[Event], many: bool = False, **kwargs: Any) -> None:
        self.event = event
        self.many = many
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.runner.register_provider(self)

    def stop(self) -> None:
        self.runner.unregister_provider(self)
