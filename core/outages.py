"""Tells an outage of a database from an error in a statement."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Outage = Literal["", "full", "away"]

# Primary result codes: https://www.sqlite.org/rescode.html
_SQLITE_ERROR = 1
_SQLITE_FULL = 13
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_FULL = "53100"


def outage_of(error: BaseException) -> Outage:
    """The kind of outage that an error means: `full`, `away`, or `""` if it is not an outage.

    `full`: the database's disk is full. `away`: it restarts, is locked, or can't be reached. `""`: an error in the
    statement, or not an error of a database at all. The transaction has been rolled back, except that a commit during
    which the database went away may have succeeded.
    """
    if isinstance(error, PoolTimeout):
        return "away"
    if not isinstance(error, DBAPIError):
        return ""
    cause = error.orig
    sqlite_code: int | None = getattr(cause, "sqlite_errorcode", None)
    if sqlite_code is not None:
        # The lower byte is the primary result code; the rest is detail.
        primary = sqlite_code & 0xFF
        if primary == _SQLITE_FULL:
            return "full"
        return "away" if isinstance(error, OperationalError) and primary != _SQLITE_ERROR else ""
    if getattr(cause, "pgcode", None) == _POSTGRESQL_FULL:
        return "full"
    broken = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return "away" if broken else ""
