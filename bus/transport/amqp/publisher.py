"""Publishing to RabbitMQ with publisher confirms."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from eventlet import patcher
from kombu import Connection, Exchange

from bus.transport.amqp.connection import SOCKET_SECONDS, drop, find_or_declare, open_connection
from bus.transport.amqp.io_batching import written_in_large_pieces

# eventlet removes poll() from the select module. Here it is called without waiting, so it can't block other greenlets.
_original_select = patcher.original("select")

CONFIRM_SECONDS = 10.0
LOST_SECONDS = 1.0
"""If a confirm takes longer than this, connections that lie unused may be as dead as the one that waited."""


def open_publishing_connection(bus_url: str) -> Connection:
    """A connection without heartbeats: between two messages nothing reads it, so those of the broker are missed."""
    return open_connection(bus_url, heartbeat=0)


@dataclass(frozen=True)
class Outgoing:
    """A message to publish; `body` is JSON as bytes, or serialisable as JSON."""

    exchange: str
    routing_key: str
    body: Any
    headers: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    persistent: bool = True
    mandatory: bool = False


def encoded(body: Any) -> bytes:
    """`body` as compact JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Refused(ConnectionError):
    """The broker rejected messages (basic.nack): a queue that they are routed to did not accept them."""


class Publisher:
    """Publishes over one connection. Not to be used by several greenlets or threads at the same time.

    `publish` sends a batch and waits until all of it is confirmed. To send more meanwhile use `send`, and `confirmed`
    for the number of confirms so far.

    `connect` opens a connection to a URL. `silence_seconds` is how long the broker may take for the next confirm.
    `clock` gives the seconds.
    """

    def __init__(
        self,
        bus_url: str,
        connect: Callable[[str], Connection] = open_publishing_connection,
        silence_seconds: float = CONFIRM_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._bus_url = bus_url
        self._connect = connect
        self._silence_seconds = silence_seconds
        self._clock = clock
        self._connection: Connection | None = None
        self._channel: Any = None
        self.sent = 0
        """The number of messages sent on this connection."""
        self.confirmed = 0
        """How many of them, counted from the first without gaps, the broker has confirmed or rejected."""
        self._unconfirmed: set[int] = set()
        self._last_confirm_at = 0.0
        self._refused = 0
        self._returned: list[str] = []

    def declare(self, *exchanges: Exchange) -> None:
        """Declare those of `exchanges` that do not exist. Raises kombu's or the socket's error."""
        self._open()
        find_or_declare(self._connection, *exchanges)

    def publish(self, messages: Sequence[Outgoing], seconds: float = CONFIRM_SECONDS) -> list[str]:
        """Publish in order, and wait until the broker has confirmed all. Returns the routing keys of mandatory messages
        that could not be routed to a queue.

        Raises `Refused`, `TimeoutError` after `seconds`, and kombu's or the socket's error; then it is not known which
        messages arrived.
        """
        self._returned.clear()
        self.send(messages)
        self.wait_for_confirms(0, seconds)
        if refused := self.take_refused():
            raise Refused(f"a queue refused {refused} messages")
        return list(self._returned)

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Send messages in order, without waiting for confirms."""
        channel = self._open()
        if not self._unconfirmed:
            self._last_confirm_at = self._clock()
        self._unconfirmed.update(range(self.sent + 1, self.sent + len(messages) + 1))
        self.sent += len(messages)
        with written_in_large_pieces(self._connection):
            for message in messages:
                channel.basic_publish(
                    self._prepare(channel, message),
                    exchange=message.exchange,
                    routing_key=message.routing_key,
                    mandatory=message.mandatory,
                )

    def wait_for_confirms(self, most: int, seconds: float = CONFIRM_SECONDS) -> None:
        """Wait until at most `most` messages are unconfirmed. Raises `TimeoutError` after `seconds`."""
        deadline = self._clock() + seconds
        while len(self._unconfirmed) > most:
            assert self._connection is not None
            self._connection.drain_events(timeout=max(deadline - self._clock(), 0.001))

    def process_confirms(self) -> None:
        """Process the confirms that have arrived. Raises `TimeoutError` if none has for `silence_seconds`."""
        while self._unconfirmed and not self.is_silent():
            assert self._connection is not None
            self._connection.drain_events(timeout=SOCKET_SECONDS)
        if self._unconfirmed and self._clock() - self._last_confirm_at > self._silence_seconds:
            raise TimeoutError(
                f"{len(self._unconfirmed)} messages unconfirmed for {self._silence_seconds:.0f} s"
            )

    def is_older_than(self, moment: float) -> bool:
        """Whether the last confirm came before this moment of the monotonic clock."""
        return self._last_confirm_at < moment

    def take_refused(self) -> int:
        """The number of messages that were rejected since the last call."""
        refused, self._refused = self._refused, 0
        return refused

    @property
    def socket(self) -> Any:
        """The connection's socket, which becomes readable when the broker sends something; None if not connected."""
        return None if self._connection is None else self._connection.connection.transport.sock

    def close(self) -> None:
        """Close the connection. The next message opens a new one."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.release()
            except (*connection.connection_errors, OSError):
                drop(connection)

    def drop(self) -> None:
        """Drop the connection after an error, without waiting for the broker. The next message opens a new one."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            drop(connection)

    def is_silent(self) -> bool:
        """Whether there is nothing to read. On a connection without open confirms the broker sends nothing but its
        closing."""
        if self._connection is None:
            return True
        try:
            waiting = _original_select.poll()
            waiting.register(self._connection.connection.transport.sock.fileno(), _original_select.POLLIN)
            return not waiting.poll(0)
        except (OSError, AttributeError, ValueError):
            return False

    def _open(self) -> Any:
        if self._channel is None:
            connection = self._connect(self._bus_url)
            channel = connection.channel()
            channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_nack)
            channel.events["basic_return"].add(self._on_return)
            self._connection, self._channel = connection, channel
            self.sent = self.confirmed = 0
            self._unconfirmed.clear()
            self._refused = 0
        return self._channel

    @staticmethod
    def _prepare(channel: Any, message: Outgoing) -> Any:
        body = message.body if isinstance(message.body, bytes) else encoded(message.body)
        return channel.prepare_message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            headers=message.headers or None,
            properties={"delivery_mode": 2 if message.persistent else 1, **message.properties},
        )

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        # Messages to different queues may be confirmed in any order.
        self._last_confirm_at = self._clock()
        if multiple:
            self._unconfirmed.difference_update(range(self.confirmed + 1, delivery_tag + 1))
        else:
            self._unconfirmed.discard(delivery_tag)
        while self.confirmed < self.sent and self.confirmed + 1 not in self._unconfirmed:
            self.confirmed += 1

    def _on_nack(self, delivery_tag: int, multiple: bool) -> None:
        before = len(self._unconfirmed)
        self._on_ack(delivery_tag, multiple)
        self._refused += before - len(self._unconfirmed)

    def _on_return(self, _error: Any, _exchange: str, routing_key: str, _message: Any) -> None:
        self._returned.append(routing_key)


class PublisherPool:
    """A pool of publishers: each block gets a free one, or a new one. `connect` and `clock` are those of
    `Publisher`."""

    def __init__(
        self,
        bus_url: str,
        connect: Callable[[str], Connection] = open_publishing_connection,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._bus_url = bus_url
        self._connect = connect
        self._clock = clock
        self._free: deque[Publisher] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def publisher(self) -> Iterator[Publisher]:
        """A publisher for the block. It is dropped if the block raises, and goes back to the pool otherwise.

        After a time-out the unused ones that got no confirm meanwhile are dropped too: what made the link to the broker
        pass nothing any more did so on all of them, and each would cost a caller a time-out.
        """
        started = self._clock()
        with self._lock:
            publisher = self._free.pop() if self._free else self._new()
        if not publisher.is_silent():
            publisher.drop()
        try:
            yield publisher
        except BaseException as error:
            publisher.drop()
            if isinstance(error, TimeoutError) and self._clock() - started > LOST_SECONDS:
                self._drop_older_than(started)
            raise
        with self._lock:
            self._free.append(publisher)

    def _new(self) -> Publisher:
        return Publisher(self._bus_url, self._connect, clock=self._clock)

    def _drop_older_than(self, moment: float) -> None:
        with self._lock:
            free, self._free = self._free, deque()
            for publisher in free:
                if publisher.is_older_than(moment):
                    publisher.drop()
                else:
                    self._free.append(publisher)

    def close(self) -> None:
        """Close the publishers that are not in use."""
        with self._lock:
            while self._free:
                self._free.pop().close()
