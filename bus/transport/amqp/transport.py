"""The RabbitMQ adapter of the transport port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bus.eventlog.relay import RelayRunner
from bus.rpc.codec import Method
from bus.rpc.keys import CallKeys
from bus.transport.amqp.events import AmqpEventListener, AmqpEventSource
from bus.transport.amqp.publisher import PublisherPool
from bus.transport.amqp.rpc import CONNECT_SECONDS, CallReceiver, CallSender
from bus.transport.port import Assignment, CallHandler, EventSink, HandleEvent
from core.database import Database


class AmqpTransport:
    """One process's connections to a RabbitMQ broker."""

    in_process = False

    def __init__(self, bus_url: str, keys: CallKeys) -> None:
        self._bus_url = bus_url
        self._keys = keys
        self._publishers = PublisherPool(bus_url)
        self._calls = CallSender(bus_url, self._publishers, keys.signer())

    @property
    def connected(self) -> bool:
        """Whether replies can be received now; at first it waits up to `CONNECT_SECONDS` for the connection."""
        return self._calls.is_connected(CONNECT_SECONDS)

    def call(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        """See `Transport.call`."""
        return self._calls.call(service, method, arguments, seconds)

    def serve(self, service: str, handler: CallHandler) -> CallReceiver:
        """See `Transport.serve`."""
        return CallReceiver(self._bus_url, self._publishers, self._keys.verifier(service), handler)

    def log_publisher(self, service: str, database: Database) -> RelayRunner:
        """See `Transport.log_publisher`: the relay of the service's log."""
        return RelayRunner(service, database, self._bus_url)

    def event_source(
        self, service: str, sinks: Mapping[str, EventSink], assignment: Assignment
    ) -> AmqpEventSource:
        """See `Transport.event_source`."""
        return AmqpEventSource(self._bus_url, service, sinks, assignment)

    def event_listener(self, producers: Sequence[str], handle: HandleEvent) -> AmqpEventListener:
        """See `Transport.event_listener`."""
        return AmqpEventListener(self._bus_url, producers, handle)

    def close(self) -> None:
        """See `Transport.close`."""
        self._calls.close()
        self._publishers.close()
