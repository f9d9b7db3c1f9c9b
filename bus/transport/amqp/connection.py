"""Connections to RabbitMQ on which nothing waits for ever, and the names of the exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kombu import Connection, Exchange

CALLS = Exchange("space.calls", type="direct", durable=True)
"""Calls: routing key = service; its queue is `calls.<service>`."""

SOCKET_SECONDS = 10.0
"""How long an operation without a timeout of its own (declaring, closing) may wait for the broker."""


def public_exchange(producer: str) -> Exchange:
    """`<producer>.events`: what anyone may read, routing key = event type."""
    return Exchange(f"{producer}.events", type="topic", durable=True)


def internal_exchange(producer: str) -> Exchange:
    """`<producer>.inside`: events that are not public; only the system's own services bind to it."""
    return Exchange(f"{producer}.inside", type="topic", durable=True)


@contextmanager
def opened(bus_url: str, heartbeat: float = 20) -> Iterator[Connection]:
    """An open connection for the block, closed in order at its end and when its greenlet is killed, or dropped at once
    if the block raised an error: a link that is cut would not answer a close."""
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
    """A connected connection. Raises kombu's or the socket's error when the broker can't be reached."""
    connection = Connection(
        bus_url,
        heartbeat=heartbeat,
        connect_timeout=5,
        transport_options={"confirm_publish": False, "read_timeout": 15, "write_timeout": 15},
    )
    connection.connect()
    # Otherwise it would wait for a cut link until TCP gives up.
    connection.connection.transport.sock.settimeout(SOCKET_SECONDS)
    return connection


def drop(connection: Connection) -> None:
    """Let go of a connection without a word to the broker."""
    try:
        connection.collect()
    except (*connection.connection_errors, OSError, AttributeError):
        pass
