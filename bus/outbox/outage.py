"""While what a kind of task needs is away as a whole, its tasks are not tried in vain."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from bus.ops.metrics import TASKS_PAUSED
from bus.retry.backoff import Backoff

log = logging.getLogger(__name__)

CONCURRENCY = 10
"""So many tasks of a kind are carried out at the same time by one process, each of another subject."""
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0


class KindPause:
    """Lets all tasks of one kind wait while what they need is away, and then one of them try.

    A task that meets an outage again although others have succeeded meanwhile is taken for the cause itself: an outage
    that is its alone must not stop the others for ever.
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
        """How many may be started now."""
        if self._until is None:
            return CONCURRENCY - in_flight
        return 1 if monotonic() >= self._until and not in_flight else 0

    def succeeded(self, key: str, started_at: float) -> None:
        """A task is done: if it was started after the pause began, whatever was away is back."""
        self._successes += 1
        self._successes_at_outage.pop(key, None)
        if self._until is not None and started_at >= self._since:
            log.warning("%s goes on", self._name)
            self._until = None
            self._backoff.reset()
            self._gauge.set(0)

    def met_outage(self, key: str, started_at: float, error: BaseException) -> timedelta | None:
        """A task met an outage: returns how long it is to wait, None if it is to blame itself."""
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
        # Longer than the pause, so that it is another one that tries.
        return timedelta(seconds=self._wait)
