"""The listeners' durable queues on RabbitMQ, as a scenario sees them from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pika


def names(listener: str) -> list[str]:
    return [f"{listener}.alpha"]


def forget(bus_url: str, listeners: Iterable[str]) -> None:
    """Delete the queues: they may hold messages of another world's log."""
    with _channel(bus_url) as channel:
        for listener in listeners:
            for name in names(listener):
                channel.queue_delete(name)


def waiting(bus_url: str, listener: str) -> int:
    """How many messages nobody has, those that a dead process had not acknowledged included."""
    with _channel(bus_url) as channel:
        return sum(channel.queue_declare(name, passive=True).method.message_count for name in names(listener))


@contextmanager
def _channel(bus_url: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    try:
        yield connection.channel()
    finally:
        connection.close()
