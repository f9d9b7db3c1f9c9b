"""How far the logs of the services have come, as far as this process knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from time import monotonic
from typing import cast

from bus.ops import cpu_time
from contracts.common import Producer, Recorded
from contracts.errors import SpaceError
from gateway.services import Services

PRODUCERS = ("people", "blog", "forum", "events")
"""The services whose data pages are made from. What notify and search show follows their events later, so that the end
of a log says nothing about it."""

SECONDS = 1.0
"""How long the ends count as known without asking the services again."""


class LogEnds:
    """The `seq` of the newest event of each service.

    The event listener tells of events within milliseconds, but may miss some. So the services are asked again after
    `seconds`, and after whatever this process may have changed (`doubt`).
    """

    def __init__(self, services: Services, seconds: float = SECONDS) -> None:
        self._services = services
        self._seconds = seconds
        self._ends = dict.fromkeys(PRODUCERS, -1)
        self._proved_at: dict[str, float] = {}
        services.listener.listen(self._note)

    @property
    def known(self) -> Mapping[str, int]:
        """The ends, as far as they are known now: a copy."""
        return dict(self._ends)

    def doubt(self) -> None:
        """Ask the services before the ends are relied on again."""
        self._proved_at.clear()

    def prove(self, producers: frozenset[str]) -> bool:
        """Make sure of the ends of these services' logs; False while one of them does not reply."""
        now = monotonic()
        due = [each for each in producers if now - self._proved_at.get(each, -inf) >= self._seconds]
        if not due:
            return True
        # A little work on which a reader waits, so it goes on before others.
        with cpu_time.measured(SECONDS):
            return self._prove(due, now)

    def _prove(self, producers: Iterable[str], now: float) -> bool:
        proved = True
        for producer in producers:
            service = cast(Producer, getattr(self._services, producer))
            try:
                self._grow(producer, service.log_end())
            except SpaceError:
                proved = False
            else:
                self._proved_at[producer] = now
        return proved

    def _note(self, event: Recorded) -> None:
        if event.producer in self._ends:
            self._grow(event.producer, event.seq)

    def _grow(self, producer: str, seq: int) -> None:
        self._ends[producer] = max(self._ends[producer], seq)
