"""Waking a greenlet that waits: from this process, by a socket, or by PostgreSQL's notification of a commit."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from eventlet import patcher
from eventlet.green import select as green_select
from sqlalchemy import Connection

from core.database import Database

# eventlet's read and write give way to other greenlets first; these never wait.
_os = patcher.original("os")


class Waker:
    """Wakes one waiter from anywhere in the process; a pipe, so that sockets can be waited for as well."""

    def __init__(self) -> None:
        self._read, self._write = _os.pipe()
        _os.set_blocking(self._read, False)
        _os.set_blocking(self._write, False)
        self._close = weakref.finalize(self, _close_both, self._read, self._write)

    def wake(self) -> None:
        """Wake the waiter, now or when it next waits."""
        with suppress(BlockingIOError):
            _os.write(self._write, b".")

    def wait(self, seconds: float, *sockets: Any) -> list[Any]:
        """Wait until it is woken, one of `sockets` can be read, or `seconds` are over; returns those of `sockets`."""
        ready, _, _ = green_select.select([self._read, *sockets], [], [], seconds)
        if self._read in ready:
            _os.read(self._read, 4096)
            ready.remove(self._read)
        return list(ready)


def _close_both(one: int, other: int) -> None:
    _os.close(one)
    _os.close(other)


class CommitNotifications:
    """PostgreSQL's notifications on one channel, on a connection of their own."""

    def __init__(self, connection: Connection, channel: str) -> None:
        self.connection = connection
        connection.exec_driver_sql(f"LISTEN {channel}")
        self.socket: Any = connection.connection.driver_connection
        """Can be read when a notification has arrived."""

    def clear(self) -> None:
        """Take in what has arrived. Raises the database's error when the connection no longer lives."""
        self.connection.exec_driver_sql("SELECT 1")
        self.socket.notifies.clear()


@contextmanager
def own_connection(database: Database) -> Iterator[Connection]:
    """A connection to PostgreSQL for the block, outside of any transaction. It is not given back to the pool: what was
    locked or listened to on it ends with it."""
    with database.engine.connect() as connection:
        try:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
        finally:
            connection.invalidate()
