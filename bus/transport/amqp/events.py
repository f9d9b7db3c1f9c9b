"""Receives events from RabbitMQ, for a service's subscriptions and for listeners."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import eventlet
from kombu import Connection, Consumer, Queue

from bus.transport.amqp.connection import find_or_declare, internal_exchange, public_exchange
from bus.transport.amqp.consumer_loop import ConsumerLoop
from bus.transport.amqp.io_batching import read_in_large_pieces
from bus.transport.port import Assignment, EventSink, HandleEvent
from contracts.common import Recorded

log = logging.getLogger(__name__)

PREFETCH = 500
MOST_WAITING = 50_000
"""The most messages in a queue. The broker drops the oldest beyond that; subscribers read them from the log."""
SPARE_QUEUE_SECONDS = 3600
"""After this time without a consumer the queue of a second, third, … process is deleted."""
FIRST_NUMBER_SECONDS = 0.1
NUMBER_SECONDS = 1.0
"""How often this process's number is checked: as often as the runner refreshes it."""
_PRECONDITION_FAILED = 406


def queue_name(service: str, producer: str, number: int) -> str:
    """The queue of one process of a service for one producer's events: `search.forum`, `search.forum.1`, …"""
    return f"{service}.{producer}.{number}" if number else f"{service}.{producer}"


class AmqpEventSource:
    """Consumes the events of the producers that a service subscribes to, on a channel for each.

    Every process of a service receives all events, in queues with its number, and handles those of its partitions. So
    it sees from the sequence of events alone whether one is missing.
    """

    def __init__(
        self, bus_url: str, service: str, sinks: Mapping[str, EventSink], assignment: Assignment
    ) -> None:
        self._service = service
        self._sinks = sinks
        self._assignment = assignment
        self._number = 0
        self._stopping = False
        # Acknowledgements are sent on the consumer's connection, whose socket only one greenlet may write to at a time.
        self._writing = threading.Lock()
        self._loop = ConsumerLoop(
            bus_url, f"the events for {service}", self._consumers, writing=lambda: self._writing
        )

    @property
    def connected(self) -> bool:
        """Whether the consumers run on an open connection."""
        return self._loop.connected

    def run(self) -> None:
        """Deliver events until `stop` is called. If this process gets another number, the queues change with it."""
        watch = eventlet.spawn(self._watch_number)
        try:
            while self._assignment.number is None and not self._stopping:
                eventlet.sleep(FIRST_NUMBER_SECONDS)
            if not self._stopping:
                self._loop.run()
        finally:
            watch.kill()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping = True
        self._loop.stop()

    def acknowledge(self, messages: Sequence[Any]) -> None:
        """See `EventSource.acknowledge`."""
        if not messages:
            return
        try:
            with self._writing:
                messages[-1].ack(multiple=True)
        except Exception as error:
            # The connection is lost. The messages will be delivered again, and have no effect then.
            log.debug("acknowledging failed: %s", error)

    def _watch_number(self) -> None:
        while not self._stopping:
            eventlet.sleep(NUMBER_SECONDS)
            if self._assignment.number not in (None, self._number):
                self._loop.reconnect()

    def _consumers(self, connection: Connection) -> list[Consumer]:
        number = self._assignment.number
        self._number = number or 0
        read_in_large_pieces(connection)
        consumers = []
        for producer, sink in self._sinks.items():
            sink.forget_messages()
            consumers.append(self._consumer(connection, producer, sink))
            # Events that were published while no queue was bound are only in the log.
            sink.schedule_pull()
        return consumers

    def _consumer(self, connection: Connection, producer: str, sink: EventSink) -> Consumer:
        queue = _declare(connection, self._service, producer, self._number)
        # Acknowledging several messages at once acknowledges all earlier ones of the channel: hence one per producer.
        channel = connection.channel()
        channel.basic_qos(0, PREFETCH, False)
        return connection.Consumer(
            [queue(channel)],
            on_message=partial(_deliver, sink, queue.name),
            channel=channel,
            auto_declare=False,
            accept=None,
        )


def _declare(connection: Connection, service: str, producer: str, number: int) -> Queue:
    arguments: dict[str, Any] = {"x-single-active-consumer": True, "x-max-length": MOST_WAITING}
    name = queue_name(service, producer, number)
    if number:
        arguments["x-expires"] = SPARE_QUEUE_SECONDS * 1000
    public, internal = public_exchange(producer), internal_exchange(producer)
    queue = Queue(name, internal, routing_key="#", durable=True, queue_arguments=arguments)
    find_or_declare(connection, public, internal)
    channel = connection.channel()
    try:
        queue(channel).declare()
    except connection.channel_errors as error:
        if getattr(error, "reply_code", None) != _PRECONDITION_FAILED:
            raise
        # An older release declared the queue with other arguments. Its messages are in the log as well.
        channel = connection.channel()
        channel.queue_delete(name)
        queue(channel).declare()
    # Earlier releases published public events, in the form for services, to this exchange alone.
    queue(channel).unbind_from(public, routing_key="#")
    channel.close()
    return queue


def _deliver(sink: EventSink, queue: str, message: Any) -> None:
    if message.delivery_info.get("exchange", "").endswith(".events"):
        message.ack()  # numbered for other programs, from before the queue was unbound; the log has it as well
        return
    try:
        event = Recorded.from_cloud_event(json.loads(message.body))
    except (KeyError, ValueError) as error:
        # Not sent by a relay, so it can be dropped: the log has every event.
        log.warning("a message on %s is not an event: %s", queue, error)
        message.ack()
        return
    sink.deliver(event, message)


class AmqpEventListener:
    """Calls a function with every new event of some producers, from a queue that is deleted with the connection."""

    def __init__(self, bus_url: str, producers: Sequence[str], handle: HandleEvent) -> None:
        self._producers = producers
        self._handle = handle
        self._loop = ConsumerLoop(bus_url, "the event listener", self._consumers)

    def start(self) -> None:
        """Start listening in the background; waits up to 5 seconds for the connection. Reconnects until `stop`."""
        threading.Thread(target=self._loop.run, name="event-listener", daemon=True).start()
        self._loop.wait_until_connected(5)

    def stop(self) -> None:
        """Stop listening."""
        self._loop.stop()

    def _consumers(self, connection: Connection) -> list[Consumer]:
        channel = connection.channel()
        name = f"listener.{uuid.uuid4().hex}"
        queue = Queue(name, exclusive=True, auto_delete=True, durable=False)(channel)
        queue.declare()
        for producer in self._producers:
            find_or_declare(connection, internal_exchange(producer))
            queue.bind_to(internal_exchange(producer), routing_key="#")
        options = {"channel": channel, "auto_declare": False, "no_ack": True, "accept": None}
        return [connection.Consumer([queue], on_message=self._received, **options)]

    def _received(self, message: Any) -> None:
        try:
            event = Recorded.from_cloud_event(json.loads(message.body))
        except (KeyError, ValueError):
            return
        try:
            self._handle(event)
        except Exception:
            log.exception("a listener failed at %s", event.type)
