"""Decisions of people about an account as a whole: what becomes of its name."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.errors import TooMany, invalid
from core import clock

NAME_KEPT = timedelta(days=365)
"""How long a former name leads to its person, or is nobody's."""

RENAMED_EVERY = timedelta(days=30)


def check_rename(renamed_at: datetime | None) -> None:
    """Raise `TooMany("renamed-lately")` to somebody who took their name lately."""
    if renamed_at is None or (wait := renamed_at + RENAMED_EVERY - clock.now()) <= timedelta(0):
        return
    raise TooMany("renamed-lately", params={"days": wait.days + 1, "seconds": int(wait.total_seconds()) + 1})


def check_differs(name: str, before: str) -> None:
    """Raise `name-same` where a new name is the present one."""
    if name == before:
        raise invalid("name", "name-same")
