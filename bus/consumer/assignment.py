"""How the processes of one service divide its partitions.

Each process takes a number, an advisory lock on the service's PostgreSQL database that is held by a connection: a
process that dies gives it back at once. Nobody decides: each process looks regularly which numbers are taken and knows
its partitions from that. For a moment two may think alike of one partition, or none; both are harmless
(`bus/consumer/subscription.py`). A service on SQLite has one process.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS
from core.database import Database

LOCK_CLASS = 7_223
"""The class of the advisory locks; the number is the other half of the key."""
_TAKEN = text(
    "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY objid"
)
_TAKE = text("SELECT pg_try_advisory_lock(:class, :number)")


def partitions_of(number: int | None, taken: list[int]) -> frozenset[int]:
    """The partitions of `number` among those that are `taken`; none for a process without a number."""
    if number not in taken:
        return frozenset()
    return frozenset(range(taken.index(number), PARTITIONS, len(taken)))


class PartitionAssignment:
    """This process's number, and so its partitions, among the processes of its service."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.connection: Connection | None = None
        self.alone = database.sqlite
        """Whether there is nobody to share with, ever."""
        self.number: int | None = 0 if self.alone else None
        """From 0; None while all are taken."""

    def refresh(self) -> frozenset[int]:
        """Take a number if there is none yet, and return which partitions are this process's now.

        Raises the database's error when it is away; then the number is lost and the next call takes another.
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
        """Give the number back."""
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
