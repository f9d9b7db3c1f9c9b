"""The listeners' durable queues on RabbitMQ, as a scenario sees them from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pika

from bus.consumer.partitions import PARTITIONS
from bus.transport.amqp.events import queue_name


def names(listener: str, producer: str = "alpha") -> list[str]:
    """Of a listener's first process, and of the others in their order."""
    return [queue_name(listener, producer, number) for number in range(PARTITIONS)]


def forget(bus_url: str, listeners: Iterable[str], producer: str = "alpha") -> None:
    """Delete the queues: they may hold messages of another test's log."""
    with _channel(bus_url) as channel:
        for listener in listeners:
            for name in names(listener, producer):
                channel.queue_delete(name)


def waiting(bus_url: str, listener: str) -> int:
    """How many messages wait for a listener's one process, those that it died with unacknowledged included."""
    with _channel(bus_url) as channel:
        count: int = channel.queue_declare(names(listener)[0], passive=True).method.message_count
        return count


@contextmanager
def _channel(bus_url: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    try:
        yield connection.channel()
    finally:
        connection.close()
