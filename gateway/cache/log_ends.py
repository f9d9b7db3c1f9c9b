"""How far the logs of the services are known in this process, and what their events have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from time import monotonic
from typing import cast

from bus.ops import cpu_time
from contracts.common import Producer, Recorded
from contracts.errors import SpaceError
from gateway.cache.resources import ALL, changed
from gateway.services import Services

PRODUCERS = ("people", "blog", "forum", "events")
"""The services whose data pages are made from. What notify and search show follows their events later, so that the end
of a log says nothing about it."""

SECONDS = 1.0
"""How long the ends count as known without asking the services again."""

MOST_EVENTS = 200
"""So many that the event listener missed are fetched; if there are more, they count for everything."""

MOST_CHANGES = 50_000


class LogEnds:
    """The `seq` of the newest event of each service that is known of, all events before it included.

    The event listener tells of events within milliseconds, but may miss some. So the services are asked again after
    `seconds`, and after whatever may have been changed by who asks (`doubt`); events that were missed are fetched then.
    """

    def __init__(self, services: Services, seconds: float = SECONDS) -> None:
        self._services = services
        self._seconds = seconds
        self._ends = dict.fromkeys(PRODUCERS, -1)
        self._all_changed_at = dict.fromkeys(PRODUCERS, -1)
        self._changed_at: dict[tuple[str, str], int] = {}
        self._proved_at: dict[str, float] = {}
        services.listener.listen(self._note)

    @property
    def known(self) -> Mapping[str, int]:
        """The ends, as far as they are known now: a copy."""
        return dict(self._ends)

    def changed_since(self, ends: Mapping[str, int], resources: Mapping[str, Iterable[str]]) -> bool:
        """Whether, as far as is known, an event after these ends changed one of these resources, by service."""
        return any(
            self._ends[service] != ends[service] and self._changed(service, ends[service], names)
            for service, names in resources.items()
        )

    def _changed(self, service: str, end: int, names: Iterable[str]) -> bool:
        if self._all_changed_at[service] > end:
            return True
        return any(name == ALL or self._changed_at.get((service, name), -1) > end for name in names)

    def doubt(self) -> None:
        """Ask the services before the ends are relied on again."""
        self._proved_at.clear()

    def prove(self, producers: Iterable[str]) -> bool:
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
                self._catch_up(producer, service)
            except SpaceError:
                proved = False
            else:
                self._proved_at[producer] = now
        return proved

    def _catch_up(self, producer: str, service: Producer) -> None:
        end = service.log_end()
        known = self._ends[producer]
        if 0 <= known < end <= known + MOST_EVENTS:
            for event in service.events_after(known, MOST_EVENTS):
                self._note(event)
        if self._ends[producer] < end:
            self._all_changed_at[producer] = self._ends[producer] = end

    def _note(self, event: Recorded) -> None:
        # Events behind a gap are fetched with those that are missing.
        if event.producer not in self._ends or event.seq != self._ends[event.producer] + 1:
            return
        self._ends[event.producer] = event.seq
        for name in changed(event):
            if name == ALL:
                self._all_changed_at[event.producer] = event.seq
            else:
                self._changed_at[event.producer, name] = event.seq
        if len(self._changed_at) > MOST_CHANGES:
            self._all_changed_at = dict(self._ends)
            self._changed_at.clear()
