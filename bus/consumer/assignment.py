"""How the processes of one service divide its lanes: each takes a seat, and the seats take turns.

A seat is an advisory lock on the service's PostgreSQL database, held by a connection: a process that dies leaves it at
once. Nobody decides: each process looks now and then which seats are taken and knows its lanes from that. For a moment
two may think alike of one lane, or none; both are harmless (`bus/consumer/subscription.py`). A store of SQLite has
one process.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS
from core.database import Database

SEATS = 7_223
"""The class of the advisory locks; the seat's number is the other half of the key."""
_TAKEN = text(
    "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = :seats AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY objid"
)
_TAKE = text("SELECT pg_try_advisory_lock(:seats, :number)")


def partitions_of(seat: int | None, taken: list[int]) -> frozenset[int]:
    """The lanes of `seat` among those that are `taken`; nothing for a process without a seat."""
    if seat not in taken:
        return frozenset()
    return frozenset(range(taken.index(seat), PARTITIONS, len(taken)))


class Seat:
    """This process's seat among those of its service."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self.alone = database.sqlite
        """Whether there is nobody to share with, ever."""
        self.number: int | None = 0 if self.alone else None
        """Its number from 0, None while all are taken."""

    def look(self) -> frozenset[int]:
        """Take a seat if there is none yet, and answer which lanes are this process's now.

        Raises the database's error when it is away; then the seat is lost and the next look takes another.
        """
        if self.alone:
            return ALL_PARTITIONS
        try:
            connection = self._connected()
            if self.number is None:
                self.number = self._take(connection)
            return partitions_of(self.number, list(connection.execute(_TAKEN, {"seats": SEATS}).scalars()))
        except Exception:
            self.leave()
            raise

    def leave(self) -> None:
        """Give the seat back."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
            self.number = None

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = self._database.engine.connect()
            self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    @staticmethod
    def _take(connection: Connection) -> int | None:
        for number in range(PARTITIONS):
            if connection.execute(_TAKE, {"seats": SEATS, "number": number}).scalar():
                return number
        return None
