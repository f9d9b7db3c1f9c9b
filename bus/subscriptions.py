"""Runs a service's subscriptions: messages from the broker for speed, the producers' logs for certainty."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import eventlet
from kombu import Queue
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from bus.broker import connect, inside_exchange, public_exchange
from bus.calls import Caller
from bus.context import within
from bus.subscription import Handler, Subscription
from contracts.common import Event, Producer, Recorded
from contracts.errors import Unavailable
from core.database import Database

log = logging.getLogger(__name__)

PREFETCH = 500
BATCH = 200
PULL_EVERY = 10.0
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
                handlers.append((entrypoint.event, getattr(service, name)))
    return found


def subscriptions_of(service_class: Any, database: Database) -> list[Subscription]:
    """One subscription for each producer whose events the service handles."""
    return [
        Subscription(service_class.name, producer, handlers, database)
        for producer, handlers in sorted(handlers_of(service_class).items())
    ]


class _Inbox:
    """Messages of one producer that wait for the worker."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.messages: deque[tuple[Recorded, Callable[[], None]]] = deque()
        self.wake = threading.Event()
        self.must_pull = True


class Subscriptions(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """One consumer and, for each producer, one worker that applies batches and pulls what is missing."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._bus_url = settings.bus_url
        self._caller: Caller = self.container.config["caller"]
        database: Database = self.container.config["room"].database
        self._inboxes = [_Inbox(s) for s in subscriptions_of(self.container.service_cls, database)]
        self._stopping = False

    def start(self) -> None:
        self._threads = [self.container.spawn_managed_thread(self._run_consumer, identifier="consumer")]
        for inbox in self._inboxes:
            self._threads.append(
                self.container.spawn_managed_thread(
                    lambda inbox=inbox: self._run_worker(inbox), identifier="worker"
                )
            )

    def stop(self) -> None:
        self._stopping = True
        for inbox in self._inboxes:
            inbox.wake.set()
        super().stop()

    def kill(self) -> None:
        self._stopping = True

    def _run_consumer(self) -> None:
        while not self._stopping:
            try:
                self._consume()
            except Exception as error:
                if not self._stopping:
                    log.warning("%s lost the broker: %s", self.container.service_name, error)
                    eventlet.sleep(random.uniform(0.3, 1.0))

    def _consume(self) -> None:
        with connect(self._bus_url) as connection:
            channel = connection.channel()
            channel.basic_qos(0, PREFETCH, False)
            consumers = [self._consumer(connection, channel, inbox) for inbox in self._inboxes]
            for consumer in consumers:
                consumer.consume()
            for inbox in self._inboxes:
                # What waited for acknowledgement on a lost connection comes again; and what was published while nobody
                # was bound is only in the log.
                inbox.messages.clear()
                inbox.must_pull = True
                inbox.wake.set()
            while not self._stopping:
                try:
                    connection.drain_events(timeout=5)
                except TimeoutError:
                    connection.heartbeat_check()

    def _consumer(self, connection: Any, channel: Any, inbox: _Inbox) -> Any:
        producer = inbox.subscription.producer
        name = f"{self.container.service_name}.{producer}"
        queue = Queue(name, public_exchange(producer), routing_key="#", durable=True)(channel)
        queue.declare()
        inside = inside_exchange(producer)(channel)
        inside.declare()
        queue.bind_to(inside, routing_key="#")

        def received(message: Any) -> None:
            try:
                event = Recorded.from_cloud_event(json.loads(message.body))
            except (KeyError, ValueError) as error:
                # Not from a relay; the log has whatever really happened.
                log.warning("a message on %s is no event: %s", name, error)
                message.ack()
                return
            inbox.messages.append((event, message.ack))
            inbox.wake.set()

        return connection.Consumer(
            [queue], on_message=received, channel=channel, auto_declare=False, accept=None
        )

    def _run_worker(self, inbox: _Inbox) -> None:
        pulled_at = 0.0
        pause = 0.1
        while not self._stopping:
            try:
                batch = [inbox.messages.popleft() for _ in range(min(BATCH, len(inbox.messages)))]
                gap = self._apply(inbox.subscription, batch)
                if gap or inbox.must_pull or monotonic() - pulled_at > PULL_EVERY:
                    inbox.must_pull = False
                    self._pull(inbox.subscription)
                    pulled_at = monotonic() - random.uniform(0, PULL_EVERY / 4)
                inbox.subscription.retry_held()
                pause = 0.1
                if not inbox.messages and not inbox.wake.wait(2.0):
                    continue
                inbox.wake.clear()
            except Unavailable:
                inbox.must_pull = True
                eventlet.sleep(min(pause, 2.0))
                pause *= 2
            except Exception as error:
                inbox.must_pull = True
                # The whole service is in trouble (its database, most likely): brake instead of blaming a subject.
                log.warning(
                    "%s waits in the log of %s: %s",
                    inbox.subscription.name,
                    inbox.subscription.producer,
                    error,
                )
                eventlet.sleep(min(pause, 5.0) * random.uniform(0.5, 1.0))
                pause *= 2

    def _apply(
        self, subscription: Subscription, batch: Sequence[tuple[Recorded, Callable[[], None]]]
    ) -> bool:
        if not batch:
            return False
        applied = subscription.apply([event for event, _ in batch])
        for event, ack in batch:
            # A message beyond a gap is in the log as well, so it need not come again.
            try:
                ack()
            except Exception:
                log.debug("event %s of %s will come again", event.seq, event.producer)
        return applied.gap

    def _pull(self, subscription: Subscription) -> None:
        producer = self._caller.client(Producer, subscription.producer)
        with within(30):
            subscription.pull(producer.events_after)


class On(Entrypoint):  # type: ignore[misc]
    """A method that handles one type of event."""

    runner = Subscriptions()

    def __init__(self, event: type[Event], **kwargs: Any) -> None:
        self.event = event
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.runner.register_provider(self)

    def stop(self) -> None:
        self.runner.unregister_provider(self)
