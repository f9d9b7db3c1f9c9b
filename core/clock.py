"""The one place that says what time it is.

Actions ask `now()`. An import of old content, or a test, moves the clock with `at()` for the code it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """The present moment: timezone-aware, UTC."""
    return _fixed.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` (aware) inside the block, in this thread or greenlet only."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


def fixed() -> bool:
    """Whether somebody holds the clock: an import, the demo, or a test."""
    return _fixed.get() is not None
