"""What an error of a database means: an outage of the database itself, or a fault of the statement?"""

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
    """`full` if there is no space on the database's disk, `away` if it can't work now for another reason: it restarts,
    is locked, or can't be reached. `""` for any other error: one of the statement, or none of a database.

    What was done in the transaction is undone in either case; of a commit that `away` broke off it is not known.
    """
    if isinstance(error, PoolTimeout):
        return "away"
    if not isinstance(error, DBAPIError):
        return ""
    cause = error.orig
    sqlite_code: int | None = getattr(cause, "sqlite_errorcode", None)
    if sqlite_code is not None:
        # The lower byte is the primary code; the rest tells more.
        primary = sqlite_code & 0xFF
        if primary == _SQLITE_FULL:
            return "full"
        return "away" if isinstance(error, OperationalError) and primary != _SQLITE_ERROR else ""
    if getattr(cause, "pgcode", None) == _POSTGRESQL_FULL:
        return "full"
    broken = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return "away" if broken else ""
