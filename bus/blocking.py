"""Work that never waits, such as hashing a password: in a thread, a few pieces at a time, so that others are served."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from eventlet import patcher, tpool
from eventlet.semaphore import Semaphore

from contracts.errors import Unavailable

T = TypeVar("T")

THREADS = os.cpu_count() or 2
"""Of all pools together. Each keeps the memory that its largest piece took: of eventlet's twenty, twenty hashes'."""

tpool.set_num_threads(THREADS)


class BlockingPool:
    """Runs functions that hold the core and let go of the interpreter's lock: `at_once` of them; `waiting` more wait.

    In a process without greenlets, such as a command or a test, they run where they are called.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = Semaphore(at_once)
        self._most = at_once + waiting
        self._taken = 0

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """The function's result. Raises `Unavailable("requests-waiting")` if too many wait already."""
        if self._taken >= self._most:
            raise Unavailable("requests-waiting", params={"seconds": 2})
        if not patcher.is_monkey_patched("thread"):
            return function(*args)
        self._taken += 1
        try:
            with self._free:
                result: T = tpool.execute(function, *args)
                return result
        finally:
            self._taken -= 1
