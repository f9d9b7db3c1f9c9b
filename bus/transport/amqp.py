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

from eventlet import patcher
from kombu import Connection, Exchange

import bus.transport.inproc
from bus.transport.inproc import Unroutable

# eventlet takes poll() out of the select module; this one is asked without waiting.
_original_select = patcher.original("select")

CALLS = Exchange("space.calls", type="direct", durable=True)
"""Calls: routing key = service; its queue is `calls.<service>`."""

CONFIRM_SECONDS = 10.0
SOCKET_SECONDS = 10.0
GATHER_BYTES = 256 * 1024
READ_AHEAD_BYTES = 16 * 1024


def public_exchange(producer: str) -> Exchange:
    """`<producer>.events`: what anyone may read, routing key = event type."""
    return Exchange(f"{producer}.events", type="topic", durable=True)


def internal_exchange(producer: str) -> Exchange:
    """`<producer>.inside`: events that are not public; only the house's own rooms bind to it."""
    return Exchange(f"{producer}.inside", type="topic", durable=True)


def connect(bus_url: str, heartbeat: float = 20) -> Connection:
    """A kombu connection, not opened yet."""
    if bus_url == "inproc://":
        return Connection(transport=bus.transport.inproc.Transport, hostname="inproc")
    return Connection(
        bus_url,
        heartbeat=heartbeat,
        connect_timeout=5,
        transport_options={"confirm_publish": False, "read_timeout": 15, "write_timeout": 15},
    )


@contextmanager
def opened(bus_url: str, heartbeat: float = 20) -> Iterator[Connection]:
    """An open connection for the block, closed in order at its end and when its greenlet is killed, or dropped at once
    if the block raised an error: a link that is cut would not answer a goodbye."""
    connection = open_connection(bus_url, heartbeat)
    try:
        yield connection
    except Exception:
        drop(connection)
        raise
    except BaseException:
        connection.release()
        raise
    connection.release()


def open_connection(bus_url: str, heartbeat: float = 20) -> Connection:
    """A connected connection on which nothing waits for ever."""
    connection = connect(bus_url, heartbeat)
    connection.connect()
    if connection.supports_heartbeats:
        # What has no timeout of its own (declaring, closing) would wait for a cut link until TCP gives up.
        connection.connection.transport.sock.settimeout(SOCKET_SECONDS)
    return connection


def read_ahead(connection: Connection) -> None:
    """Let an open connection read what the socket has in large pieces, not nine small ones for each message. For one
    that is always being read: what was read ahead no longer shows on the socket.

    amqp keeps what it was given beyond what it asked for; it just never asks for more.
    """
    transport = getattr(connection.connection, "transport", None)
    if transport is not None and hasattr(transport, "_quick_recv"):
        receive = transport._quick_recv
        transport._quick_recv = lambda size: receive(max(size, READ_AHEAD_BYTES))


def drop(connection: Connection) -> None:
    """Let go of a connection without a word to the broker."""
    try:
        connection.collect()
    except (*connection.connection_errors, OSError, AttributeError):
        pass


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


@contextmanager
def _gathered(connection: Connection) -> Iterator[None]:
    """What is written to the broker within the block goes out in large pieces: a system call for each small message
    would be most of the work, for us and for the broker.

    amqp has no such switch, so its transport's innermost function is exchanged meanwhile; `inproc://` has no socket.
    """
    transport = getattr(connection.connection, "transport", None)
    if transport is None:
        yield
        return
    pieces = bytearray()
    write = transport._write

    def gather(piece: bytes) -> None:
        pieces.extend(piece)
        if len(pieces) >= GATHER_BYTES:
            write(bytes(pieces))
            pieces.clear()

    transport._write = gather
    try:
        yield
    finally:
        transport._write = write
    transport.write(bytes(pieces))


class Refused(ConnectionError):
    """The broker took every message, but one of the queues that they were for did not."""


class Publisher:
    """One connection that publishes; not to be shared by greenlets or threads at the same time.

    On RabbitMQ a batch is sent whole and then confirmed whole: one round trip for many messages. Who has more to send
    need not wait for that: `send`, and see by `settled` how far the broker's word goes.
    """

    def __init__(self, bus_url: str) -> None:
        self._bus_url = bus_url
        self._connection: Connection | None = None
        self._channel: Any = None
        self._confirms = False
        self.sent = 0
        """Messages sent on this connection."""
        self.settled = 0
        """How many of them, from the first on, the broker has answered for."""
        self._unconfirmed: set[int] = set()
        self._heard_at = 0.0
        self._refused = 0
        self._returned: list[str] = []

    def declare(self, *exchanges: Exchange) -> None:
        """Make sure that `exchanges` exist."""
        channel = self._open()
        for exchange in exchanges:
            exchange(channel).declare()

    def publish(self, messages: Sequence[Outgoing], seconds: float = CONFIRM_SECONDS) -> list[str]:
        """Publish in order and return once the broker has them all; answers routing keys of mandatory ones
        that no queue took.

        Raises kombu's or the socket's error when the broker is away, refuses, or does not confirm within
        `seconds`; then it is not known which arrived.
        """
        self._returned.clear()
        self.send(messages)
        self.wait_for_confirms(0, seconds)
        if refused := self.take_refused():
            raise Refused(f"a queue refused {refused} messages")
        return list(self._returned)

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Send in order, without waiting for the broker's word."""
        channel = self._open()
        if self._confirms:
            if not self._unconfirmed:
                self._heard_at = monotonic()
            self._unconfirmed.update(range(self.sent + 1, self.sent + len(messages) + 1))
        self.sent += len(messages)
        with _gathered(self._connection):
            for message in messages:
                options = {
                    "exchange": message.exchange,
                    "routing_key": message.routing_key,
                    "mandatory": message.mandatory,
                }
                try:
                    channel.basic_publish(self._prepare(channel, message), **options)
                except Unroutable:
                    self._returned.append(message.routing_key)
        if not self._confirms:
            self.settled = self.sent

    def wait_for_confirms(self, most: int, seconds: float = CONFIRM_SECONDS) -> None:
        """Wait until the broker owes its word for no more than `most` messages. Raises `TimeoutError`."""
        deadline = monotonic() + seconds
        while len(self._unconfirmed) > most:
            assert self._connection is not None
            self._connection.drain_events(timeout=max(deadline - monotonic(), 0.001))

    def process_confirms(self) -> None:
        """Hear what the broker has said already. Raises `TimeoutError` when it has long been silent about messages."""
        while self._unconfirmed and not self.idle_and_well():
            assert self._connection is not None
            self._connection.drain_events(timeout=SOCKET_SECONDS)
        if self._unconfirmed and monotonic() - self._heard_at > CONFIRM_SECONDS:
            raise TimeoutError(f"no word of {len(self._unconfirmed)} messages for {CONFIRM_SECONDS:.0f} s")

    def take_refused(self) -> int:
        """How many messages some queue refused since this was last asked."""
        refused, self._refused = self._refused, 0
        return refused

    @property
    def socket(self) -> Any:
        """What can be read once the broker says something; None where there is no socket."""
        transport = getattr(getattr(self._connection, "connection", None), "transport", None)
        return None if transport is None else transport.sock

    def close(self) -> None:
        """Close the connection; the next publish opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.release()
            except (*connection.connection_errors, OSError):
                drop(connection)

    def drop(self) -> None:
        """Like `close` after an error: without a word to the broker, which may not hear it."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            drop(connection)

    def idle_and_well(self) -> bool:
        """Whether the broker has nothing to say: on an idle connection that would be a goodbye."""
        if self._connection is None or not self._connection.supports_heartbeats:
            return True
        try:
            waiting = _original_select.poll()
            waiting.register(self._connection.connection.transport.sock.fileno(), _original_select.POLLIN)
            return not waiting.poll(0)
        except (OSError, AttributeError, ValueError):
            return False

    def _open(self) -> Any:
        if self._channel is None:
            connection = open_connection(self._bus_url, heartbeat=0)
            channel = connection.channel()
            self._confirms = hasattr(channel, "confirm_select")
            if self._confirms:
                channel.confirm_select()
                channel.events["basic_ack"].add(self._on_ack)
                channel.events["basic_nack"].add(self._on_nack)
                channel.events["basic_return"].add(self._on_return)
            self._connection, self._channel = connection, channel
            self.sent = self.settled = 0
            self._unconfirmed.clear()
            self._refused = 0
        return self._channel

    @staticmethod
    def _prepare(channel: Any, message: Outgoing) -> Any:
        return channel.prepare_message(
            json.dumps(message.body, ensure_ascii=False, separators=(",", ":")),
            content_type="application/json",
            content_encoding="utf-8",
            headers=message.headers or None,
            properties={"delivery_mode": 2 if message.persistent else 1, **message.properties},
        )

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        # Confirms of messages to different queues come in any order.
        self._heard_at = monotonic()
        if multiple:
            self._unconfirmed.difference_update(range(self.settled + 1, delivery_tag + 1))
        else:
            self._unconfirmed.discard(delivery_tag)
        while self.settled < self.sent and self.settled + 1 not in self._unconfirmed:
            self.settled += 1

    def _on_nack(self, delivery_tag: int, multiple: bool) -> None:
        before = len(self._unconfirmed)
        self._on_ack(delivery_tag, multiple)
        self._refused += before - len(self._unconfirmed)

    def _on_return(self, _error: Any, _exchange: str, routing_key: str, _message: Any) -> None:
        self._returned.append(routing_key)


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
        if not publisher.idle_and_well():
            publisher.drop()
        try:
            yield publisher
        except BaseException:
            publisher.drop()
            raise
        with self._lock:
            self._free.append(publisher)

    def close(self) -> None:
        """Close those that are free."""
        with self._lock:
            while self._free:
                self._free.pop().close()
