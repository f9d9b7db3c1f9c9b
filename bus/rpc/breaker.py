"""A circuit breaker: a service that does not answer costs its callers milliseconds, not their patience."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from time import monotonic

from bus.ops.metrics import CALLS_CUT_OFF

FAILURES = 5
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0


class Breaker:
    """Counts the calls of one service that got no answer; after `FAILURES` in a row it lets none through.

    After a pause it has `probe` run in the background, so that no caller pays for finding out. If the service answers,
    calls go through again, and the first that gets no answer opens it anew, with a longer pause.
    """

    def __init__(self, service: str, probe: Callable[[], None]) -> None:
        self._probe = probe
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._closed_again_at: float | None = None
        self._probing = False
        self._gauge = CALLS_CUT_OFF.labels(service)
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether calls are to fail at once. Asking starts a probe when it is time."""
        if self._closed_again_at is None:
            return False
        with self._lock:
            if not self._probing and monotonic() >= self._closed_again_at:
                self._probing = True
                threading.Thread(target=self._try, name="probe", daemon=True).start()
        return True

    def succeeded(self) -> None:
        """An answer came, if only an error."""
        self._failures = 0
        if self._pause != FIRST_PAUSE or self._closed_again_at is not None:
            self._pause = FIRST_PAUSE
            self._closed_again_at = None
            self._gauge.set(0)

    def failed(self) -> None:
        """No answer came."""
        self._failures += 1
        if self._failures >= FAILURES and self._closed_again_at is None:
            self._open()

    def _open(self) -> None:
        self._closed_again_at = monotonic() + self._pause * random.uniform(0.5, 1.0)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._gauge.set(1)

    def _try(self) -> None:
        try:
            self._probe()
        except Exception:
            self._open()
        else:
            # Not `succeeded` yet: only a real call tells that real calls are answered.
            self._failures = FAILURES - 1
            self._closed_again_at = None
            self._gauge.set(0)
        finally:
            self._probing = False
