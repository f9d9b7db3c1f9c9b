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

from bus.transport.amqp.connection import SOCKET_SECONDS, drop, open_connection
from bus.transport.amqp.io_batching import written_in_large_pieces

# eventlet takes poll() out of the select module; this one is asked without waiting.
_original_select = patcher.original("select")

CONFIRM_SECONDS = 10.0


def open_publishing_connection(bus_url: str) -> Connection:
    """A connection without heartbeats: one that publishes now and then is not read in between."""
    return open_connection(bus_url, heartbeat=0)


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


class Refused(ConnectionError):
    """The broker took every message, but one of the queues that they were for did not."""


class Publisher:
    """One connection that publishes; not to be shared by greenlets or threads at the same time.

    A batch is sent whole and then confirmed whole: one round trip for many messages. Who has more to send need not wait
    for that: `send`, and see by `confirmed` how many the broker has confirmed.

    `connect` opens a connection to a URL; `silence_seconds` is how long the broker may owe a confirm.
    """

    def __init__(
        self,
        bus_url: str,
        connect: Callable[[str], Connection] = open_publishing_connection,
        silence_seconds: float = CONFIRM_SECONDS,
    ) -> None:
        self._bus_url = bus_url
        self._connect = connect
        self._silence_seconds = silence_seconds
        self._connection: Connection | None = None
        self._channel: Any = None
        self.sent = 0
        """Messages sent on this connection."""
        self.confirmed = 0
        """How many of them, from the first on, the broker has confirmed or refused."""
        self._unconfirmed: set[int] = set()
        self._last_confirm_at = 0.0
        self._refused = 0
        self._returned: list[str] = []

    def declare(self, *exchanges: Exchange) -> None:
        """Make sure that `exchanges` exist."""
        channel = self._open()
        for exchange in exchanges:
            exchange(channel).declare()

    def publish(self, messages: Sequence[Outgoing], seconds: float = CONFIRM_SECONDS) -> list[str]:
        """Publish in order and return once the broker has them all; returns the routing keys of mandatory
        ones that no queue took.

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
        """Send in order, without waiting for confirms."""
        channel = self._open()
        if not self._unconfirmed:
            self._last_confirm_at = monotonic()
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
        """Wait until no more than `most` messages are unconfirmed. Raises `TimeoutError`."""
        deadline = monotonic() + seconds
        while len(self._unconfirmed) > most:
            assert self._connection is not None
            self._connection.drain_events(timeout=max(deadline - monotonic(), 0.001))

    def process_confirms(self) -> None:
        """Process the confirms that have arrived. Raises `TimeoutError` when the broker owes some for too long."""
        while self._unconfirmed and not self.idle_and_well():
            assert self._connection is not None
            self._connection.drain_events(timeout=SOCKET_SECONDS)
        if self._unconfirmed and monotonic() - self._last_confirm_at > self._silence_seconds:
            raise TimeoutError(
                f"{len(self._unconfirmed)} messages unconfirmed for {self._silence_seconds:.0f} s"
            )

    def take_refused(self) -> int:
        """How many messages some queue refused since this was last asked."""
        refused, self._refused = self._refused, 0
        return refused

    @property
    def socket(self) -> Any:
        """What becomes readable when the broker sends something; None while there is no connection."""
        return None if self._connection is None else self._connection.connection.transport.sock

    def close(self) -> None:
        """Close the connection; the next publish opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.release()
            except (*connection.connection_errors, OSError):
                drop(connection)

    def drop(self) -> None:
        """Like `close` after an error: without a word to the broker, which may not be there."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            drop(connection)

    def idle_and_well(self) -> bool:
        """Whether the broker has sent nothing: on an idle connection that would be its closing."""
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
        return channel.prepare_message(
            json.dumps(message.body, ensure_ascii=False, separators=(",", ":")),
            content_type="application/json",
            content_encoding="utf-8",
            headers=message.headers or None,
            properties={"delivery_mode": 2 if message.persistent else 1, **message.properties},
        )

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        # Confirms of messages to different queues come in any order.
        self._last_confirm_at = monotonic()
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
