"""Shifts the wall clock of a running process. Monotonic clocks are not changed."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo

from core import clock

_true_time = time.time
_seconds = 0.0


class _Datetime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(_time(), tz)


def _time() -> float:
    return _true_time() + _seconds


def shift(seconds: float) -> None:
    """Set the clock `seconds` ahead of the true time (negative: behind it)."""
    global _seconds
    _seconds = seconds
    time.time = _time
    vars(clock)["datetime"] = _Datetime


def shifted() -> float:
    """The current shift in seconds."""
    return _seconds
