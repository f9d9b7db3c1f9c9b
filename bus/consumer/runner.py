"""Runs a service's subscriptions: messages from the broker for speed, the producers' logs for certainty."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

import eventlet
from kombu import Connection, Queue
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from bus.consumer.assignment import Seat
from bus.consumer.dispatch import BatchHandler, Handler
from bus.consumer.subscription import Subscription
from bus.consumer.worker import Worker
from bus.transport.amqp import internal_exchange, opened, public_exchange, read_ahead
from contracts.common import Event, Recorded
from core.database import Database
from core.settings import INPROC_BUS

log = logging.getLogger(__name__)

PREFETCH = 500
SHARE_EVERY = 1.0
MOST_WAITING = 50_000
"""Messages that the broker keeps for a service that does not take them. Of more, the oldest go: they are in the log."""
SPARE_QUEUE_SECONDS = 3600
"""After so long without a consumer the queue of a second, third … process goes."""
_PRECONDITION_FAILED = 406
Handlers = dict[str, dict[str, list[tuple[type[Event], Handler]]]]


def handlers_of(service_class: type) -> Handlers:
    """The `@on` methods of a service class, by producer and event type; a handler needs nothing but its session."""
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


def subscriptions_of(service_class: Any, database: Database) -> list[Subscription]:
    """One subscription for each producer whose events the service handles."""
    return [
        Subscription(service_class.name, producer, handlers, database)
        for producer, handlers in sorted(handlers_of(service_class).items())
    ]


class Health(Protocol):
    """What a service's subscriptions say of themselves; the container's config holds it under `health`."""

    def braking(self) -> dict[str, bool]:
        """For each producer whether its subscription waits as a whole."""

    def troubles(self) -> list[str]:
        """What keeps events from taking effect, as short reasons."""


class Subscriptions(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """One consumer and, for each producer, one worker; and a look now and then at who else shares the work."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._bus_url = settings.bus_url
        database: Database = self.container.config["resources"].database
        self._seat = Seat(database)
        self._workers = [
            Worker(
                subscription, self.container.config["caller"], self._acknowledge, self._bus_url == INPROC_BUS
            )
            for subscription in subscriptions_of(self.container.service_cls, database)
        ]
        for worker in self._workers:
            worker.subscription.lanes = frozenset()
        self._stopping = False
        self._connected = False
        # Workers acknowledge on the consumer's connection, one at a time: a socket takes one writer.
        self._ack_lock = threading.Lock()
        self.container.config["health"].append(self)

    def start(self) -> None:
        spawn = self.container.spawn_managed_thread
        spawn(self._run_seat, identifier="seat")
        spawn(self._run_consumer, identifier="consumer")
        for worker in self._workers:
            spawn(worker.run, identifier="worker")

    def stop(self) -> None:
        self._stop()
        super().stop()

    def kill(self) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for worker in self._workers:
            worker.stop()

    def braking(self) -> dict[str, bool]:
        """For each producer whether its subscription waits as a whole."""
        return {worker.subscription.producer: worker.braking for worker in self._workers}

    def troubles(self) -> list[str]:
        """What keeps events from taking effect, as short reasons; empty when nothing does."""
        name = self.container.service_name
        reasons = [f"{name} does not hear the broker"] if not self._connected else []
        return reasons + [
            f"{name} waits in the log of {worker.subscription.producer}"
            for worker in self._workers
            if worker.braking
        ]

    def _run_seat(self) -> None:
        """Look now and then whose lanes are whose."""
        try:
            while not self._stopping:
                self._look_for_lanes()
                if self._seat.alone:
                    return
                eventlet.sleep(SHARE_EVERY)
        finally:
            self._seat.leave()

    def _look_for_lanes(self) -> None:
        try:
            lanes = self._seat.look()
        except Exception as error:
            # The workers notice too. They keep their lanes: at worst somebody else looks after them as well.
            log.debug("%s lost its seat: %s", self.container.service_name, error)
            return
        for worker in self._workers:
            worker.assign_partitions(lanes)

    def _run_consumer(self) -> None:
        while not self._stopping:
            try:
                if self._seat.number is None:
                    eventlet.sleep(0.1)
                else:
                    self._consume(self._seat.number)
            except Exception as error:
                if not self._stopping:
                    log.warning("%s lost the broker: %s", self.container.service_name, error)
                    eventlet.sleep(random.uniform(0.3, 1.0))
            finally:
                self._connected = False

    def _consume(self, seat: int) -> None:
        with opened(self._bus_url) as connection:
            read_ahead(connection)
            for worker in self._workers:
                worker.forget_messages()
                self._consumer(connection, worker, seat).consume()
                # What was published while nobody was bound is only in the log.
                worker.look()
            self._connected = True
            while not self._stopping and self._seat.number == seat:
                try:
                    connection.drain_events(timeout=5)
                except TimeoutError:
                    with self._ack_lock:
                        connection.heartbeat_check()

    def _consumer(self, connection: Connection, worker: Worker, seat: int) -> Any:
        # A channel for each producer: acknowledging up to one message must not touch another producer's.
        queue = _declared(connection, self.container.service_name, worker.subscription.producer, seat)
        channel = connection.channel()
        channel.basic_qos(0, PREFETCH, False)
        return connection.Consumer(
            [queue(channel)],
            on_message=partial(_received, worker, queue.name),
            channel=channel,
            auto_declare=False,
            accept=None,
        )

    def _acknowledge(self, messages: Sequence[Any]) -> None:
        if not messages:
            return
        try:
            with self._ack_lock:
                if self._bus_url == INPROC_BUS:
                    for message in messages:
                        message.ack()
                else:
                    messages[-1].ack(multiple=True)
        except Exception as error:
            # The connection has gone; they come again and change nothing.
            log.debug("%s can't acknowledge: %s", self.container.service_name, error)


def queue_name(service: str, producer: str, seat: int = 0) -> str:
    """The queue by which the process in a seat hears a producer: `search.forum`, `search.forum.1`, …"""
    return f"{service}.{producer}.{seat}" if seat else f"{service}.{producer}"


def _declared(connection: Connection, service: str, producer: str, seat: int) -> Queue:
    """The queue of a seat, bound to all that a producer publishes.

    Each seat hears everything and handles its own lanes: so it sees by the numbers alone whether something is missing.
    """
    arguments: dict[str, Any] = {"x-single-active-consumer": True, "x-max-length": MOST_WAITING}
    name = queue_name(service, producer, seat)
    if seat:
        arguments["x-expires"] = SPARE_QUEUE_SECONDS * 1000
    public, inside = public_exchange(producer), internal_exchange(producer)
    queue = Queue(name, public, routing_key="#", durable=True, queue_arguments=arguments)
    channel = connection.channel()
    try:
        queue(channel).declare()
    except connection.channel_errors as error:
        if getattr(error, "reply_code", None) != _PRECONDITION_FAILED:
            raise
        # An older release declared it otherwise. What waits in it is in the log as well.
        channel = connection.channel()
        channel.queue_delete(name)
        queue(channel).declare()
    inside(channel).declare()
    queue(channel).bind_to(inside, routing_key="#")
    channel.close()
    return queue


def _received(worker: Worker, queue: str, message: Any) -> None:
    try:
        event = Recorded.from_cloud_event(json.loads(message.body))
    except (KeyError, ValueError) as error:
        # Not from a relay; the log has whatever really happened.
        log.warning("a message on %s is no event: %s", queue, error)
        message.ack()
        return
    worker.hear(event, message)


class On(Entrypoint):  # type: ignore[misc]
    """A method that handles one type of event."""

    runner = Subscriptions()

    def __init__(self, event: type[Event], many: bool = False, **kwargs: Any) -> None:
        self.event = event
        self.many = many
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.runner.register_provider(self)

    def stop(self) -> None:
        self.runner.unregister_provider(self)
