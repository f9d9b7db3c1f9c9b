"""A wall clock that can be put forward and back, for a whole process that runs. What is monotonic stays so."""

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
    """Let the clock be `seconds` ahead of the true one (negative: behind it) from now on."""
    global _seconds
    _seconds = seconds
    time.time = _time
    vars(clock)["datetime"] = _Datetime


def shifted() -> float:
    """By how much it is ahead."""
    return _seconds
