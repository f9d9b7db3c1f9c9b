"""Exponential backoff with jitter: how long to wait before something that failed is tried again.

The wait doubles with each failure up to a limit, and is then multiplied by a random factor from 0.5 to 1, so that
clients that failed together do not retry together ("equal jitter" in *Exponential Backoff and Jitter*, AWS Architecture
Blog).
"""

from __future__ import annotations

import random


def jittered(seconds: float) -> float:
    """A random time from half of `seconds` to `seconds`."""
    return seconds * random.uniform(0.5, 1.0)


def delay(attempt: int, first: float, longest: float) -> float:
    """Seconds to wait after attempt number `attempt` (from 1) failed: `first` after the first, doubled with each
    further one, at most `longest`, jittered."""
    return jittered(min(first * 2.0 ** min(attempt - 1, 60), longest))


class Backoff:
    """The waits of one loop that retries something. Not thread-safe."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    @property
    def exhausted(self) -> bool:
        """Whether the waits have reached the longest."""
        return self._first * 2.0 ** min(self._failures, 60) >= self._longest

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        self._failures += 1
        return delay(self._failures, self._first, self._longest)

    def reset(self) -> None:
        """Start again with the first wait, after a success."""
        self._failures = 0
