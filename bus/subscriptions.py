"""Runs a service's subscriptions: messages from the broker for speed, the producers' logs for certainty."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Any, Protocol

import eventlet
from kombu import Queue
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from bus.broker import inside_exchange, opened, public_exchange, read_ahead
from bus.calls import Caller
from bus.context import within
from bus.faults import reach
from bus.subscription import BrokenCursor, Fetch, Handler, Subscription, TakesMany
from contracts.common import Event, Producer, Recorded
from contracts.errors import Unavailable
from core.database import Database
from core.settings import INPROC_BUS

log = logging.getLogger(__name__)

PREFETCH = 500
BATCH = 200
PULL_EVERY = 10.0
RETRY_LOOK_EVERY = 2.0
BROKEN_PAUSE = 15.0
FETCH_SECONDS = 5.0
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
                handlers.append((entrypoint.event, TakesMany(handler) if entrypoint.many else handler))
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


class _Inbox:
    """Messages of one producer that wait for the worker."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.messages: deque[tuple[Recorded, Any]] = deque()
        self.wake = threading.Event()
        self.must_pull = True
        self.pull_at = 0.0
        self.ask_at = 0.0
        self.ask_pause = 0.1
        self.braking = False


class Subscriptions(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """One consumer and, for each producer, one worker that applies batches and pulls what is missing."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._bus_url = settings.bus_url
        self._caller: Caller = self.container.config["caller"]
        database: Database = self.container.config["room"].database
        self._inboxes = [_Inbox(s) for s in subscriptions_of(self.container.service_cls, database)]
        self._stopping = False
        self._connected = False
        # Workers acknowledge on the consumer's connection, one at a time: a socket takes one writer.
        self._ack_lock = threading.Lock()
        self.container.config["health"].append(self)

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

    def braking(self) -> dict[str, bool]:
        """For each producer whether its subscription waits as a whole."""
        return {inbox.subscription.producer: inbox.braking for inbox in self._inboxes}

    def troubles(self) -> list[str]:
        """What keeps events from taking effect, as short reasons; empty when nothing does."""
        name = self.container.service_name
        reasons = [f"{name} does not hear the broker"] if not self._connected else []
        return reasons + [
            f"{name} waits in the log of {inbox.subscription.producer}"
            for inbox in self._inboxes
            if inbox.braking
        ]

    def _run_consumer(self) -> None:
        while not self._stopping:
            try:
                self._consume()
            except Exception as error:
                if not self._stopping:
                    log.warning("%s lost the broker: %s", self.container.service_name, error)
                    eventlet.sleep(random.uniform(0.3, 1.0))
            finally:
                self._connected = False

    def _consume(self) -> None:
        with opened(self._bus_url) as connection:
            read_ahead(connection)
            for inbox in self._inboxes:
                # What waited for acknowledgement on a lost connection comes again; and what was published while nobody
                # was bound is only in the log.
                inbox.messages.clear()
                self._consumer(connection, inbox).consume()
                inbox.must_pull = True
                inbox.wake.set()
            self._connected = True
            while not self._stopping:
                try:
                    connection.drain_events(timeout=5)
                except TimeoutError:
                    with self._ack_lock:
                        connection.heartbeat_check()

    def _consumer(self, connection: Any, inbox: _Inbox) -> Any:
        # A channel for each producer: acknowledging up to one message must not touch another producer's.
        channel = connection.channel()
        channel.basic_qos(0, PREFETCH, False)
        producer = inbox.subscription.producer
        name = f"{self.container.service_name}.{producer}"
        # Of several processes of a service one hears a producer and another takes over when it goes: taking turns would
        # give each of them holes.
        queue = Queue(
            name,
            public_exchange(producer),
            routing_key="#",
            durable=True,
            queue_arguments={"x-single-active-consumer": True},
        )(channel)
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
            inbox.messages.append((event, message))
            inbox.wake.set()

        return connection.Consumer(
            [queue], on_message=received, channel=channel, auto_declare=False, accept=None
        )

    def _run_worker(self, inbox: _Inbox) -> None:
        subscription = inbox.subscription
        retry_at = 0.0
        pause = 0.1
        while not self._stopping:
            inbox.wake.clear()
            batch = [inbox.messages.popleft() for _ in range(min(BATCH, len(inbox.messages)))]
            try:
                inbox.must_pull = self._apply(subscription, batch) or inbox.must_pull
                batch = []
                if inbox.must_pull or monotonic() >= inbox.pull_at:
                    self._pull(inbox)
                if subscription.holding and monotonic() >= retry_at:
                    wait = subscription.retry_held()
                    retry_at = monotonic() + min(max(wait or 0.0, 0.2), RETRY_LOOK_EVERY)
                pause, inbox.braking = 0.1, inbox.must_pull
                if not inbox.messages:
                    until = inbox.ask_at if inbox.must_pull else inbox.pull_at
                    until = min(until, retry_at) if subscription.holding else until
                    inbox.wake.wait(max(until - monotonic(), 0.01))
            except BrokenCursor as error:
                # Messages are of no use until somebody rebuilds; the log, asked now and then, tells when.
                self._acknowledge(batch)
                self._brake(inbox, error)
                eventlet.sleep(BROKEN_PAUSE * random.uniform(0.5, 1.0))
            except Exception as error:
                inbox.messages.extendleft(reversed(batch))
                self._brake(inbox, error)
                eventlet.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, 5.0)

    def _brake(self, inbox: _Inbox, error: Exception) -> None:
        """The whole subscription waits: its database or its producer is in trouble, and no subject is to blame."""
        inbox.must_pull = True
        inbox.ask_at = 0.0
        if not inbox.braking and not self._stopping:
            producer = inbox.subscription.producer
            level = logging.ERROR if isinstance(error, BrokenCursor) else logging.WARNING
            log.log(level, "%s waits in the log of %s: %s", inbox.subscription.name, producer, error)
        inbox.braking = True

    def _apply(self, subscription: Subscription, batch: Sequence[tuple[Recorded, Any]]) -> bool:
        if not batch:
            return False
        applied = subscription.apply([event for event, _ in batch])
        # A message beyond a gap is in the log as well, so it need not come again.
        reach("subscription.before-ack")
        self._acknowledge(batch)
        reach("subscription.after-ack")
        return applied.gap

    def _acknowledge(self, batch: Sequence[tuple[Recorded, Any]]) -> None:
        if not batch:
            return
        try:
            with self._ack_lock:
                if self._bus_url == INPROC_BUS:
                    for _, message in batch:
                        message.ack()
                else:
                    batch[-1][1].ack(multiple=True)
        except Exception as error:
            # The connection has gone; they come again and change nothing.
            log.debug("%s can't acknowledge: %s", self.container.service_name, error)

    def _pull(self, inbox: _Inbox) -> None:
        """Ask the producer's log. If the producer is away, messages that came go on to take effect meanwhile."""
        if monotonic() < inbox.ask_at:
            return
        producer = self._caller.client(Producer, inbox.subscription.producer)
        inbox.must_pull = False
        try:
            inbox.subscription.pull(_patiently(producer.events_after))
        except Unavailable as error:
            self._brake(inbox, error)
            inbox.ask_at = monotonic() + inbox.ask_pause * random.uniform(0.5, 1.0)
            inbox.ask_pause = min(inbox.ask_pause * 2, 2.0)
            return
        inbox.ask_pause = 0.1
        # Another process of this service, or `space parked retry`, may have changed what is held.
        inbox.subscription.holding = True
        inbox.pull_at = monotonic() + PULL_EVERY * random.uniform(0.75, 1.0)


def _patiently(fetch: Fetch) -> Fetch:
    """`fetch` with time for a long answer, and not so much that messages wait for a producer that hangs."""

    def within_time(seq: int, limit: int) -> list[Recorded]:
        with within(FETCH_SECONDS):
            return fetch(seq, limit)

    return within_time


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
