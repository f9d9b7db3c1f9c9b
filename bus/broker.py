"""The names on the broker, and publishing with the broker's word that it has taken over."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from kombu import Connection, Exchange

import bus.inproc
from bus.inproc import Unroutable

CALLS = Exchange("space.calls", type="direct", durable=True)
"""Calls: routing key = service; its queue is `calls.<service>`."""

CONFIRM_SECONDS = 10.0


def public_exchange(producer: str) -> Exchange:
    """`<producer>.events`: what anyone may read, routing key = event type."""
    return Exchange(f"{producer}.events", type="topic", durable=True)


def inside_exchange(producer: str) -> Exchange:
    """`<producer>.inside`: events that are not public; only the house's own rooms bind to it."""
    return Exchange(f"{producer}.inside", type="topic", durable=True)


def connect(bus_url: str, heartbeat: float = 20) -> Connection:
    """A kombu connection, not opened yet."""
    if bus_url == "inproc://":
        return Connection(transport=bus.inproc.Transport, hostname="inproc")
    return Connection(
        bus_url,
        heartbeat=heartbeat,
        connect_timeout=5,
        transport_options={"confirm_publish": False, "read_timeout": 15, "write_timeout": 15},
    )


@dataclass(frozen=True)
class Outgoing:
    """A message to publish: a JSON-ready body and where it goes."""

    exchange: str
    routing_key: str
    body: Any
    headers: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    persistent: bool = True
    mandatory: bool = False


class Publisher:
    """One connection that publishes; not to be shared by greenlets or threads at the same time.

    On RabbitMQ a batch is sent whole and then confirmed whole: one round trip for many messages.
    """

    def __init__(self, bus_url: str) -> None:
        self._bus_url = bus_url
        self._connection: Connection | None = None
        self._channel: Any = None
        self._confirmed = 0
        self._sent = 0
        self._refused: list[str] = []
        self._returned: list[str] = []

    def declare(self, *exchanges: Exchange) -> None:
        """Make sure that `exchanges` exist."""
        channel = self._open()
        for exchange in exchanges:
            exchange(channel).declare()

    def publish(self, messages: Sequence[Outgoing]) -> list[str]:
        """Publish in order and return once the broker has them all; answers routing keys of mandatory ones
        that no queue took.

        Raises kombu's or the socket's error when the broker is away or refuses; then it is not known which arrived.
        """
        channel = self._open()
        self._returned.clear()
        self._refused.clear()
        for message in messages:
            prepared = self._prepare(channel, message)
            options = {
                "exchange": message.exchange,
                "routing_key": message.routing_key,
                "mandatory": message.mandatory,
            }
            try:
                channel.basic_publish(prepared, **options)
            except Unroutable:
                self._returned.append(message.routing_key)
        if hasattr(channel, "confirm_select"):
            self._await_confirms(len(messages))
        return list(self._returned)

    def close(self) -> None:
        """Close the connection; the next publish opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.release()
            except (*connection.connection_errors, OSError):
                pass

    def heartbeat(self) -> None:
        """Keep an idle connection alive. Raises when it is dead."""
        if self._connection is not None and self._connection.supports_heartbeats:
            self._connection.heartbeat_check()

    def _open(self) -> Any:
        if self._channel is None:
            connection = connect(self._bus_url, heartbeat=0)
            connection.connect()
            channel = connection.channel()
            if hasattr(channel, "confirm_select"):
                channel.confirm_select()
                channel.events["basic_ack"].add(self._on_ack)
                channel.events["basic_nack"].add(self._on_nack)
                channel.events["basic_return"].add(self._on_return)
            self._connection, self._channel = connection, channel
            self._sent = self._confirmed = 0
        return self._channel

    @staticmethod
    def _prepare(channel: Any, message: Outgoing) -> Any:
        return channel.prepare_message(
            json.dumps(message.body, ensure_ascii=False, separators=(",", ":")),
            content_type="application/json",
            content_encoding="utf-8",
            headers=message.headers,
            properties={"delivery_mode": 2 if message.persistent else 1, **message.properties},
        )

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        self._confirmed = delivery_tag if multiple else self._confirmed + 1

    def _on_nack(self, delivery_tag: int, multiple: bool) -> None:
        self._refused.append(str(delivery_tag))
        self._on_ack(delivery_tag, multiple)

    def _on_return(self, _error: Any, _exchange: str, routing_key: str, _message: Any) -> None:
        self._returned.append(routing_key)

    def _await_confirms(self, count: int) -> None:
        assert self._connection is not None
        self._sent += count
        deadline = monotonic() + CONFIRM_SECONDS
        while self._confirmed < self._sent:
            self._connection.drain_events(timeout=max(deadline - monotonic(), 0.001))
        if self._refused:
            raise ConnectionError("the broker refused messages")


class PublisherPool:
    """Publishers for many greenlets: each publish takes one that is free, or opens one more."""

    def __init__(self, bus_url: str) -> None:
        self._bus_url = bus_url
        self._free: deque[Publisher] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def publisher(self) -> Iterator[Publisher]:
        """A publisher for the block; one that failed is closed and not used again."""
        with self._lock:
            publisher = self._free.pop() if self._free else Publisher(self._bus_url)
        try:
            yield publisher
        except BaseException:
            publisher.close()
            raise
        with self._lock:
            self._free.append(publisher)

    def close(self) -> None:
        """Close those that are free."""
        with self._lock:
            while self._free:
                self._free.pop().close()
