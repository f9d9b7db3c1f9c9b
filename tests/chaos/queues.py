"""The subscribers' queues on RabbitMQ, looked at over a separate connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pika

from bus.consumer.partitions import PARTITIONS
from bus.transport.amqp.events import queue_name


def names(subscriber: str, producer: str = "alpha") -> list[str]:
    """The queue names of a subscriber's processes, by number."""
    return [queue_name(subscriber, producer, number) for number in range(PARTITIONS)]


def forget(bus_url: str, subscribers: Iterable[str], producer: str = "alpha") -> None:
    """Delete the queues, which may contain messages of another test's log."""
    with _channel(bus_url) as channel:
        for subscriber in subscribers:
            for name in names(subscriber, producer):
                channel.queue_delete(name)


def waiting(bus_url: str, subscriber: str) -> int:
    """The number of messages in the queue of a subscriber's first process, including unacknowledged ones of a dead
    process."""
    with _channel(bus_url) as channel:
        count: int = channel.queue_declare(names(subscriber)[0], passive=True).method.message_count
        return count


@contextmanager
def _channel(bus_url: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    try:
        yield connection.channel()
    finally:
        connection.close()
