"""The current time of the application. All code calls `now()`; imports of old content and tests set it by `at()`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """The current time, timezone-aware, in UTC."""
    return _fixed.get() or datetime.now(UTC)


def midnight(moment: datetime) -> datetime:
    """The beginning of the moment's day, in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block, in this thread or greenlet, let `now()` return `moment`, which must be timezone-aware."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


def fixed() -> bool:
    """Whether `at` has set the time: in an import, the demo, or a test."""
    return _fixed.get() is not None
