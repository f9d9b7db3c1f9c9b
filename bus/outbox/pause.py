"""A brake on one kind of effects: while what they need is away as a whole, none of them is tried for nothing."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from time import monotonic

from bus.ops.metrics import EFFECTS_BRAKING

log = logging.getLogger(__name__)

AT_THE_SAME_TIME = 10
"""So many effects of a kind are performed at the same time by one process, each of another subject."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0


class Brake:
    """Lets all effects of one kind wait while what they need is away, and then one of them find out.

    An effect that meets an outage again although others have succeeded meanwhile is taken for the cause itself: an
    outage that is its alone must not stop the others for ever.
    """

    def __init__(self, service: str, kind: str) -> None:
        self._name = f"{kind} in {service}"
        self._gauge = EFFECTS_BRAKING.labels(service, kind)
        self._gauge.set(0)
        self._pause = FIRST_PAUSE
        self._since = 0.0
        self._until: float | None = None
        self._successes = 0
        self._hindered: dict[str, int] = {}

    def room(self, in_flight: int) -> int:
        """How many may be begun now."""
        if self._until is None:
            return AT_THE_SAME_TIME - in_flight
        return 1 if monotonic() >= self._until and not in_flight else 0

    def succeeded(self, key: str, begun_at: float) -> None:
        """One was performed: if it was begun after the brake came on, whatever was away is back."""
        self._successes += 1
        self._hindered.pop(key, None)
        if self._until is not None and begun_at >= self._since:
            log.warning("%s goes on", self._name)
            self._until = None
            self._pause = FIRST_PAUSE
            self._gauge.set(0)

    def hindered(self, key: str, begun_at: float, error: BaseException) -> timedelta | None:
        """One met an outage: answers how long it is to wait, None if it is to blame itself."""
        before = self._hindered.get(key)
        self._hindered[key] = self._successes
        if before is not None and self._successes > before:
            return None
        if self._until is None or begun_at >= self._since:
            if self._until is None:
                log.warning("%s waits: %r", self._name, error)
                self._gauge.set(1)
            self._since = monotonic()
            self._until = self._since + self._pause * random.uniform(0.5, 1.0)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        # Longer than the brake, so that it is another one that finds out.
        return timedelta(seconds=self._pause)
