"""Assigns the partitions of a service to its processes.

Each process takes a number: an advisory lock on the service's PostgreSQL database, which ends with the process's
connection. There is no coordinator: each process reads regularly which numbers are taken, and computes its partitions
from that. For a moment two processes, or none, may handle a partition; neither does harm
(`bus/consumer/subscription.py`). A service on SQLite has one process.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS
from core.database import Database

LOCK_CLASS = 7_223
"""The first key of the advisory locks; the second is the process's number."""
_TAKEN = text(
    "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY objid"
)
_TAKE = text("SELECT pg_try_advisory_lock(:class, :number)")


def partitions_of(number: int | None, taken: list[int]) -> frozenset[int]:
    """The partitions of the process with this number, if the numbers `taken` are in use; none without a number."""
    if number not in taken:
        return frozenset()
    return frozenset(range(taken.index(number), PARTITIONS, len(taken)))


class PartitionAssignment:
    """The number of this process among the processes of its service, and the partitions that follow from it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.connection: Connection | None = None
        self.alone = database.sqlite
        """Whether the service can have only one process."""
        self.number: int | None = 0 if self.alone else None
        """The number, from 0; None while this process has none."""

    def refresh(self) -> frozenset[int]:
        """Take a number if this process has none, and return its current partitions.

        Raises the database's error in an outage. Then the number is lost, and the next call takes one again.
        """
        if self.alone:
            return ALL_PARTITIONS
        try:
            connection = self._connected()
            if self.number is None:
                self.number = self._take(connection)
            return partitions_of(
                self.number, list(connection.execute(_TAKEN, {"class": LOCK_CLASS}).scalars())
            )
        except Exception:
            self.release()
            raise

    def release(self) -> None:
        """Release the number."""
        if self.connection is not None:
            self.connection.invalidate()
            self.connection.close()
            self.connection = None
            self.number = None

    def _connected(self) -> Connection:
        if self.connection is None:
            connection = self._database.engine.connect()
            self.connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        return self.connection

    @staticmethod
    def _take(connection: Connection) -> int | None:
        for number in range(PARTITIONS):
            if connection.execute(_TAKE, {"class": LOCK_CLASS, "number": number}).scalar():
                return number
        return None
