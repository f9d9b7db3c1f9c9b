"""Wakes a waiting greenlet: from this process, by a socket, or by a notification of PostgreSQL (LISTEN/NOTIFY)."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from eventlet import patcher
from eventlet.green import select as green_select
from sqlalchemy import Connection

from core.database import Database

# eventlet's versions of read and write may switch to another greenlet; the originals, on non-blocking pipes, don't.
_os = patcher.original("os")


class Waker:
    """Wakes one waiting greenlet from anywhere in the process. Uses a pipe, so that it can wait for sockets as well."""

    def __init__(self) -> None:
        self._read, self._write = _os.pipe()
        _os.set_blocking(self._read, False)
        _os.set_blocking(self._write, False)
        self._close = weakref.finalize(self, _close_both, self._read, self._write)

    def wake(self) -> None:
        """Wake the waiting greenlet; if it is not waiting, its next wait ends at once."""
        with suppress(BlockingIOError):
            _os.write(self._write, b".")

    def wait(self, seconds: float, *sockets: Any) -> list[Any]:
        """Wait until `wake` is called, one of `sockets` is readable, or `seconds` have passed. Returns the readable
        ones of `sockets`."""
        ready, _, _ = green_select.select([self._read, *sockets], [], [], seconds)
        if self._read in ready:
            _os.read(self._read, 4096)
            ready.remove(self._read)
        return list(ready)


def _close_both(one: int, other: int) -> None:
    _os.close(one)
    _os.close(other)


class CommitNotifications:
    """Receives PostgreSQL's notifications on one channel, over a connection that nothing else uses."""

    def __init__(self, connection: Connection, channel: str) -> None:
        self.connection = connection
        connection.exec_driver_sql(f"LISTEN {channel}")
        self.socket: Any = connection.connection.driver_connection
        """Becomes readable when a notification arrives."""

    def clear(self) -> None:
        """Discard the notifications that have arrived. Raises the database's error if the connection is lost."""
        self.socket.poll()  # reads what has arrived, without a question to the server
        self.socket.notifies.clear()


@contextmanager
def own_connection(database: Database) -> Iterator[Connection]:
    """A PostgreSQL connection for the block, in autocommit mode. It is closed at the end rather than returned to the
    pool, since its advisory locks and LISTENs would live on."""
    with database.engine.connect() as connection:
        try:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
        finally:
            connection.invalidate()
