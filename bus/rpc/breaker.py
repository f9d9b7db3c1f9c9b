"""A circuit breaker: calls to a service that does not reply fail at once instead of waiting for their deadlines.

The pattern is from Michael Nygard's *Release It!*: closed, open, and half-open after a successful probe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from bus.ops.metrics import BREAKER_OPEN
from bus.retry.backoff import Backoff


@dataclass(frozen=True)
class BreakerLimits:
    """The breaker opens after `failures` consecutive calls without a reply, for `first` to `longest` seconds."""

    failures: int = 5
    first: float = 0.5
    longest: float = 10.0


class Breaker:
    """The circuit breaker of the calls to one service.

    Open, it runs `probe` in the background after a pause, so that no caller has to wait for the result. If the service
    replies to the probe, calls are let through again; if the first of them gets no reply, the breaker opens for longer.
    """

    def __init__(self, service: str, probe: Callable[[], None], limits: BreakerLimits | None = None) -> None:
        self._probe = probe
        self._limits = limits or BreakerLimits()
        self._backoff = Backoff(self._limits.first, self._limits.longest)
        self._failures = 0
        self._probe_at: float | None = None
        self._probing = False
        self._gauge = BREAKER_OPEN.labels(service)
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether calls must fail at once. Reading this starts a probe if it is time for one."""
        if self._probe_at is None:
            return False
        with self._lock:
            if not self._probing and monotonic() >= self._probe_at:
                self._probing = True
                threading.Thread(target=self._try, name="probe", daemon=True).start()
        return True

    def succeeded(self) -> None:
        """To be called after a reply, which may be an error."""
        if self._failures or self._probe_at is not None:
            self._failures = 0
            self._probe_at = None
            self._backoff.reset()
            self._gauge.set(0)

    def failed(self) -> None:
        """To be called after a call that got no reply."""
        self._failures += 1
        if self._failures >= self._limits.failures and self._probe_at is None:
            self._open()

    def _open(self) -> None:
        self._probe_at = monotonic() + self._backoff.next()
        self._gauge.set(1)

    def _try(self) -> None:
        try:
            self._probe()
        except Exception:
            self._open()
        else:
            # Not `succeeded` yet: only a real call shows that real calls get replies.
            self._failures = self._limits.failures - 1
            self._probe_at = None
            self._gauge.set(0)
        finally:
            self._probing = False
