"""Pauses all tasks of a kind during an outage of what they need, such as the mail server."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from bus.ops.metrics import TASKS_PAUSED
from bus.retry.backoff import Backoff

log = logging.getLogger(__name__)

CONCURRENCY = 10
"""The most tasks of one kind that a process carries out at the same time, each of a different subject."""
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0


class KindPause:
    """Pauses the tasks of one kind during an outage, with backoff; after each pause a single task is tried.

    If a task meets an outage again, although others succeeded in between, its error counts as its own: an outage that
    only one task meets must not stop the others for ever.
    """

    def __init__(
        self, service: str, kind: str, first: float = FIRST_SECONDS, longest: float = LONGEST_SECONDS
    ) -> None:
        self._name = f"{kind} in {service}"
        self._gauge = TASKS_PAUSED.labels(service, kind)
        self._gauge.set(0)
        self._backoff = Backoff(first, longest)
        self._since = 0.0
        self._until: float | None = None
        self._wait = first
        self._successes = 0
        self._successes_at_outage: dict[str, int] = {}

    def free(self, in_flight: int) -> int:
        """How many tasks may be started now, with `in_flight` running."""
        if self._until is None:
            return CONCURRENCY - in_flight
        return 1 if monotonic() >= self._until and not in_flight else 0

    def succeeded(self, key: str, started_at: float) -> None:
        """To be called when a task succeeded. If it started after the pause began, the outage is over."""
        self._successes += 1
        self._successes_at_outage.pop(key, None)
        if self._until is not None and started_at >= self._since:
            log.warning("%s goes on", self._name)
            self._until = None
            self._backoff.reset()
            self._gauge.set(0)

    def met_outage(self, key: str, started_at: float, error: BaseException) -> timedelta | None:
        """To be called when a task met an outage. Returns how long it must wait, None if the error is its own."""
        before = self._successes_at_outage.get(key)
        self._successes_at_outage[key] = self._successes
        if before is not None and self._successes > before:
            return None
        if self._until is None or started_at >= self._since:
            if self._until is None:
                log.warning("%s waits: %r", self._name, error)
                self._gauge.set(1)
            self._since = monotonic()
            pause = self._backoff.next()
            self._until = self._since + pause
            self._wait = 2 * pause
        # Longer than the pause, so that another task is tried first.
        return timedelta(seconds=self._wait)
