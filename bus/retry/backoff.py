"""Exponential backoff with jitter: how long to wait before something that failed is tried again.

Each wait is a random share, from half to the whole, of a length that doubles up to a limit, so that many who failed at
the same moment do not come back at the same moment ("equal jitter" of the AWS Architecture Blog, *Exponential Backoff
and Jitter*).
"""

from __future__ import annotations

import random


def jittered(seconds: float) -> float:
    """A random length from half of `seconds` to the whole."""
    return seconds * random.uniform(0.5, 1.0)


def delay(attempt: int, first: float, longest: float) -> float:
    """Seconds to wait after the failed attempt number `attempt` (from 1): `first`, twice as long after each further
    one, at most `longest`, jittered."""
    return jittered(min(first * 2.0 ** min(attempt - 1, 60), longest))


class Backoff:
    """The waits of one caller that tries something again and again; not to be shared between threads.

    `next()` gives the next wait in seconds, `reset()` begins anew after a success.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    @property
    def exhausted(self) -> bool:
        """Whether the waits have grown to the longest."""
        return self._first * 2.0 ** min(self._failures, 60) >= self._longest

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        self._failures += 1
        return delay(self._failures, self._first, self._longest)

    def reset(self) -> None:
        """The last attempt succeeded."""
        self._failures = 0
