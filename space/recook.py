"""`space recook`. It writes to the services' stores directly, whether they run or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy.orm import Session

from core.database import Database
from core.settings import SERVICES, Settings
from space import wiring

_AT_ONCE = 100
"""The rows of one transaction: few, so that nobody who writes meanwhile waits for long."""


def recook_all(settings: Settings, renewed: Callable[[str, int], object]) -> int:
    """Renew what earlier renderers made of stored texts; returns how many texts it were.

    `renewed` is called after each transaction, with the service and the number of its texts. What is renewed stays so
    if it is interrupted.
    """
    total = 0
    for name in SERVICES:
        recooks = wiring.service_class(name).recooks
        if not recooks:
            continue
        database = wiring.open_database(settings, name)
        try:
            for number in (number for recook in recooks for number in _numbers(database, recook)):
                total += number
                renewed(name, number)
        finally:
            database.close()
    return total


def _numbers(database: Database, recook: Callable[[Session, int], int]) -> Iterator[int]:
    """Renew all texts of one kind; yields how many after each transaction."""
    while True:
        with database.writing() as session:
            number = recook(session, _AT_ONCE)
        if not number:
            return
        yield number
