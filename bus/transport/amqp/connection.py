"""Opens connections to RabbitMQ, with time limits for every operation, and names the exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kombu import Connection, Exchange

CALLS = Exchange("space.calls", type="direct", durable=True)
"""The exchange of calls. The routing key is the service's name, its queue `calls.<service>`."""

SOCKET_SECONDS = 10.0
"""How long an operation without a timeout argument (declaring, closing) may wait for the broker."""


def public_exchange(producer: str) -> Exchange:
    """`<producer>.events`, for public events; the routing key is the event type. Other programs may bind to it."""
    return Exchange(f"{producer}.events", type="topic", durable=True)


def internal_exchange(producer: str) -> Exchange:
    """`<producer>.inside`, for events that are not public; only the system's own services may bind to it."""
    return Exchange(f"{producer}.inside", type="topic", durable=True)


@contextmanager
def opened(bus_url: str, heartbeat: float = 20) -> Iterator[Connection]:
    """An open connection for the block.

    It is closed at the end of the block, and when the greenlet is killed. If the block raises an error it is dropped,
    since closing it would wait for the broker, which may not respond.
    """
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
    """An open connection. Raises kombu's or the socket's error if the broker can't be reached."""
    connection = Connection(
        bus_url,
        heartbeat=heartbeat,
        connect_timeout=5,
        transport_options={"confirm_publish": False, "read_timeout": 15, "write_timeout": 15},
    )
    connection.connect()
    # Otherwise operations on a broken connection would wait until TCP gives up.
    connection.connection.transport.sock.settimeout(SOCKET_SECONDS)
    return connection


def drop(connection: Connection) -> None:
    """Close the socket of a connection without AMQP's closing handshake."""
    try:
        connection.collect()
    except (*connection.connection_errors, OSError, AttributeError):
        pass
