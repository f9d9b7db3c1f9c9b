"""Opens connections to RabbitMQ, with time limits for every operation, and names the exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu import Connection, Exchange

CALLS = Exchange("space.requests", type="topic", durable=True, no_declare=True)
"""The exchange of calls. The routing key is the service's name, its queue `<service>.calls`.

It and `REPLIES` are topic exchanges because RabbitMQ can grant routing keys of those only."""

REPLIES = Exchange("space.replies", type="topic", durable=True, no_declare=True)
"""The exchange of replies. The routing key is the name of the caller's queue."""

NOT_FOUND = 404

SOCKET_SECONDS = 10.0
"""How long an operation without a timeout argument (declaring, closing) may wait for the broker."""


def public_exchange(producer: str) -> Exchange:
    """`<producer>.events`, for public events as other programs get them; the routing key is the event type."""
    return Exchange(f"{producer}.events", type="topic", durable=True, no_declare=True)


def internal_exchange(producer: str) -> Exchange:
    """`<producer>.inside`, for all events as the log has them; only the system's own services may bind to it."""
    return Exchange(f"{producer}.inside", type="topic", durable=True, no_declare=True)


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


def find_or_declare(connection: Connection, *exchanges: Exchange) -> None:
    """Declare those of `exchanges` that do not exist. An account of one component may declare its own only, so the
    others must exist. Raises kombu's or the socket's error."""
    for exchange in exchanges:
        channel = connection.channel()
        try:
            _declare(channel, exchange, passive=True)
        except connection.channel_errors as error:
            if getattr(error, "reply_code", None) != NOT_FOUND:
                raise
            # The broker has closed the channel.
            channel = connection.channel()
            _declare(channel, exchange, passive=False)
        channel.close()


def _declare(channel: Any, exchange: Exchange, passive: bool) -> None:
    channel.exchange_declare(
        exchange.name, exchange.type, durable=exchange.durable, auto_delete=False, passive=passive
    )


def drop(connection: Connection) -> None:
    """Close the socket of a connection without AMQP's closing handshake."""
    try:
        connection.collect()
    except (*connection.connection_errors, OSError, AttributeError):
        pass
