"""Limits on how much a person writes within a period."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.errors import TooMany
from core import clock
from core.audience import Role, Viewer


@dataclass(frozen=True)
class Allowance:
    """`burst` times at once, and once `every` period after that (GCRA). What is stored is when it is whole again."""

    burst: int
    every: timedelta

    def spent(self, whole_at: datetime | None) -> tuple[datetime, timedelta]:
        """After one time more: when it is whole again, and how long to wait if that is too much (else zero)."""
        now = clock.now()
        after = max(whole_at or now, now) + self.every
        return after, max(after - now - self.burst * self.every, timedelta())


_off: ContextVar[bool] = ContextVar("limits_off", default=False)


@contextmanager
def without_limits() -> Iterator[None]:
    """Within the block no limit on how much is written holds: for the demo and for imports, which write in a minute
    what people wrote in years."""
    token = _off.set(True)
    try:
        yield
    finally:
        _off.reset(token)


def limits_hold(viewer: Viewer, *exempt: Role) -> bool:
    """Whether limits hold for the viewer: not for those with one of the `exempt` roles, nor `without_limits`."""
    return not _off.get() and not viewer.has(*exempt)


def check_rate(nth_newest: datetime | None, period: timedelta, code: str) -> None:
    """Raise `TooMany(code)`, with the seconds to wait, if a person has written n things within `period`.

    `nth_newest` is when they wrote the n-th newest, None if they have written fewer than n.
    """
    if nth_newest is not None and (wait := nth_newest + period - clock.now()) > timedelta():
        raise TooMany(code, params={"seconds": int(wait.total_seconds()) + 1})
