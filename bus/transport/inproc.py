"""`inproc://`: a broker inside this process, as a kombu transport.

Built on kombu's virtual transport, it differs from kombu's memory transport in what the house relies on: a consumer
waits on a condition in place of polling, messages that were not acknowledged go back to the head of their queue when
their channel closes, exclusive and auto-delete queues go with their last consumer, a mandatory message that no queue
takes raises, and messages carry `properties["content_type"]` as over AMQP.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual

MOST_WAITING = 1000
"""Messages that a durable queue holds for a consumer that is slower than what comes. Of more, the oldest go: they hold
events, which are in their log, and whoever sees the gap reads them there."""


class Unroutable(Exception):
    """A mandatory message that no queue is bound for."""


class _Queue:
    """One queue: its messages, who waits for them, and whether it goes with its last consumer."""

    def __init__(self) -> None:
        self.messages: deque[Any] = deque()
        self.waiting: list[threading.Event] = []
        self.auto_delete = False

    def put(self, message: Any) -> None:
        """Add `message` at the end."""
        self.messages.append(message)
        # What is not durable holds calls and answers, which nobody could read elsewhere; and those who call wait.
        if len(self.messages) > MOST_WAITING and not self.auto_delete:
            self.messages.popleft()


_queues: dict[str, _Queue] = {}


class Message(virtual.Message):  # type: ignore[misc]
    """A message with its content type among the properties, as nameko's RPC expects it."""

    def __init__(self, payload: Any, channel: Any = None, **kwargs: Any) -> None:
        super().__init__(payload, channel, **kwargs)
        self.properties.setdefault("content_type", self.content_type)


class QoS(virtual.QoS):  # type: ignore[misc]
    """Unacknowledged messages; an acknowledgement makes room for more, so it wakes the consumer."""

    restore_at_shutdown = False

    def ack(self, delivery_tag: Any) -> None:
        super().ack(delivery_tag)
        self.channel.connection_ready()


class Channel(virtual.Channel):  # type: ignore[misc]
    """A channel on the process's own queues."""

    Message = Message
    QoS = QoS
    body_encoding = None
    do_restore = False

    def connection_ready(self) -> None:
        """Let `drain_events` look again."""
        if self.connection is not None:
            self.connection.ready.set()

    def queue_declare(self, queue: str | None = None, passive: bool = False, **kwargs: Any) -> Any:
        answer = super().queue_declare(queue, passive, **kwargs)
        if not passive:
            _queues[answer.queue].auto_delete |= bool(kwargs.get("auto_delete") or kwargs.get("exclusive"))
        return answer

    def basic_consume(self, queue: str, no_ack: bool, callback: Any, consumer_tag: str, **kwargs: Any) -> Any:
        waiting = _queue(queue).waiting
        waiting.append(self.connection.ready)
        answer = super().basic_consume(queue, no_ack, callback, consumer_tag, **kwargs)
        self.connection_ready()
        return answer

    def basic_cancel(self, consumer_tag: str) -> None:
        name = self._tag_to_queue.get(consumer_tag)
        super().basic_cancel(consumer_tag)
        queue = _queues.get(name) if name else None
        if queue is None or name is None:
            return
        if self.connection is not None and self.connection.ready in queue.waiting:
            queue.waiting.remove(self.connection.ready)
        if queue.auto_delete and not queue.waiting:
            self.queue_delete(name)

    def basic_publish(self, message: Any, exchange: str, routing_key: str, **kwargs: Any) -> Any:
        self._check_alive()
        if kwargs.get("mandatory") and not self._bound(exchange, routing_key):
            raise Unroutable(routing_key)
        return super().basic_publish(message, exchange, routing_key, **kwargs)

    def queue_delete(
        self, queue: str, if_unused: bool = False, if_empty: bool = False, **kwargs: Any
    ) -> None:
        super().queue_delete(queue, if_unused, if_empty, **kwargs)
        _queues.pop(queue, None)

    def close(self) -> None:
        lost = self.connection is not None and self.connection.lost
        if not self.closed and not lost:
            for consumer_tag in list(self._consumers):
                self.basic_cancel(consumer_tag)
            self.qos._flush()
            for tag in reversed(list(self.qos._delivered)):
                self._restore_at_beginning(self.qos._delivered[tag])
            self.qos._delivered.clear()
        super().close()

    def _check_alive(self) -> None:
        if self.connection is None or self.connection.lost:
            raise ConnectionResetError("the broker went away")

    def _bound(self, exchange: str, routing_key: str) -> list[str]:
        if not exchange:
            return [routing_key] if routing_key in _queues else []
        return list(self._lookup(exchange, routing_key))

    def _lookup(self, exchange: str, routing_key: str, default: Any = None) -> list[str]:
        if not exchange:
            return [routing_key] if routing_key in _queues else []
        if exchange not in self.state.exchanges:
            return []
        bound = self.typeof(exchange).lookup(self.get_table(exchange), exchange, routing_key, default)
        # kombu keeps the binding of a queue that was deleted.
        return [queue for queue in bound if queue in _queues]

    def _restore_at_beginning(self, message: Any) -> None:
        raw = message.serializable()
        raw["redelivered"] = True
        name = message.delivery_info["queue"]
        if name in _queues:
            _queues[name].messages.appendleft(raw)
            _wake(name)

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return queue in _queues

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        _queue(queue)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return _queue(queue).messages.popleft()
        except IndexError:
            raise Empty from None

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        # Each queue gets a copy of its own: acknowledging one must not touch another.
        properties = dict(message["properties"])
        properties["delivery_tag"] = self._next_delivery_tag()
        properties["delivery_info"] = {**properties["delivery_info"], "queue": queue}
        _queue(queue).put({**message, "properties": properties})
        _wake(queue)

    def _size(self, queue: str) -> int:
        return len(_queue(queue).messages)

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        _queues.pop(queue, None)

    def _purge(self, queue: str) -> int:
        messages = _queue(queue).messages
        size = len(messages)
        messages.clear()
        return size


class Transport(virtual.Transport):  # type: ignore[misc]
    """The transport behind `inproc://`."""

    Channel = Channel
    driver_type = "inproc"
    driver_name = "inproc"
    connection_errors = (ConnectionError,)
    channel_errors = ()
    shared_state = virtual.BrokerState()

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = self.shared_state
        self.ready = threading.Event()
        self.lost = False
        _transports.add(self)

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            self.ready.clear()
            if self.lost:
                raise ConnectionResetError("the broker went away")
            try:
                self.cycle.get(self._deliver)
                return
            except Empty:
                remaining = None if deadline is None else deadline - monotonic()
                if (remaining is not None and remaining <= 0) or not self.ready.wait(remaining):
                    raise TimeoutError from None

    def driver_version(self) -> str:
        return "1"


_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


def wipe() -> None:
    """Forget every queue, message and binding and drop every connection, as a broker does that lost its disk."""
    _queues.clear()
    Transport.shared_state.clear()
    for transport in list(_transports):
        transport.lost = True
        transport.ready.set()


def _queue(name: str) -> _Queue:
    queue = _queues.get(name)
    if queue is None:
        queue = _queues[name] = _Queue()
    return queue


def _wake(name: str) -> None:
    for ready in _queue(name).waiting:
        ready.set()


TRANSPORT_ALIASES["inproc"] = "bus.transport.inproc:Transport"
