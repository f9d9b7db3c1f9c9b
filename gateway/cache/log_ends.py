"""How far the logs of the services have come, as far as this process knows, and what their events changed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import cast

from bus.ops import cpu_time
from bus.rpc.context import within
from contracts.common import Producer, Recorded
from contracts.errors import SpaceError
from core import clock
from gateway.cache.changes import changed
from gateway.cache.resources import ALL, Names
from gateway.services import Services

PRODUCERS = ("people", "blog", "forum", "events")
"""The services whose data pages are made from. What notify tells is each person's own, and no part of a page."""

SEARCH = "search"
"""Its index follows the events of the others later and has no log of its own: in place of one the version of the index
counts, and each new version may have changed all that it finds."""

SECONDS_OF_SEARCH = 0.1
"""How long the version of the index counts as known: of its changes no event tells."""

SECONDS = 1.0
"""How long the ends count as known without asking the services again. The design asks that whoever loses a membership
loses access everywhere within a second."""

MOST_MISSED = 50
"""So many events that did not arrive are asked for; more of them may have changed anything."""

MOST_NAMES = 20_000
"""Of so many resources of a service it is known when they changed."""


class _Log:
    """What is known of one log.

    `end`: the highest `seq` known. `handled`: all events up to this one are accounted for; later ones that are have
    their `seq` in `early`. `changed`: the `seq` of the last event that changed a resource; whatever is not in it
    counts as changed at `all_changed`.
    """

    def __init__(self) -> None:
        self.end = self.handled = self.all_changed = -1
        self.early: set[int] = set()
        self.changed: dict[str, int] = {}

    def handle(self, event: Recorded) -> Names:
        """Account for an event, in whatever order they come; returns what it changed, nothing if it is accounted for
        already."""
        seq = event.seq
        if seq <= self.handled or seq in self.early:
            return set()
        names = changed(event)
        if ALL in names:
            self.all_changed = max(self.all_changed, seq)
        for name in names - {ALL}:
            self.changed[name] = max(seq, self.changed.get(name, seq))
        self.early.add(seq)
        while self.handled + 1 in self.early:
            self.handled += 1
            self.early.discard(self.handled)
        self.end = max(self.end, seq)
        if len(self.changed) > MOST_NAMES:
            self._forget_half()
        return names

    def give_up(self, end: int) -> None:
        """Let everything count as changed up to `end`."""
        self.end = max(self.end, end)
        self.all_changed = max(self.all_changed, end)
        self.handled = max(self.handled, end)
        self.early = {seq for seq in self.early if seq > self.handled}
        self.changed = {name: seq for name, seq in self.changed.items() if seq > self.all_changed}

    def changed_since(self, end: int, names: Set[str]) -> bool:
        """Whether one of these resources has changed after `end`."""
        if not names or self.end <= end:
            return False
        if self.all_changed > end or ALL in names:
            return True
        known = self.changed
        return any(known.get(name, -1) > end for name in names)

    def _forget_half(self) -> None:
        self.all_changed = max(self.all_changed, sorted(self.changed.values())[len(self.changed) // 2])
        self.changed = {name: seq for name, seq in self.changed.items() if seq > self.all_changed}


class LogEnds:
    """The `seq` of the newest event of each service, and that of the last one which changed a resource.

    The event listener tells of events within milliseconds, but may miss some. So the services are asked again after
    `seconds`, and after whatever this process may have changed (`doubt`). Events that did not arrive are read from the
    log; if that fails, or they are many, they count as if they had changed everything.
    """

    def __init__(
        self, services: Services, seconds: float = SECONDS, now: Callable[[], float] = monotonic
    ) -> None:
        self._services = services
        self._seconds = seconds
        self._now = now
        self._logs = {producer: _Log() for producer in (*PRODUCERS, "notify", SEARCH)}
        self._lock = threading.Lock()
        self._proved_at: dict[str, float] = {}
        self._replied_at: dict[str, datetime] = {}
        self._doubts: Counter[str] = Counter()
        self._told: list[Callable[[str, Names], None]] = []
        self.changes = 0
        """Grows with each event: what was right before is right while this is the same."""
        services.listener.listen(self._note)

    def tell(self, listener: Callable[[str, Names], None]) -> None:
        """Call `listener` with a service and the names of the resources that changed in it, `ALL` if it may be all."""
        self._told.append(listener)

    @property
    def known(self) -> Mapping[str, int]:
        """The ends, as far as they are known now: a copy."""
        return {producer: log.end for producer, log in self._logs.items()}

    def changed_since(self, ends: Mapping[str, int], resources: Mapping[str, Set[str]]) -> bool:
        """Whether, as far as is known, an event after these ends changed one of these resources, by service."""
        return any(self._logs[name].changed_since(ends[name], found) for name, found in resources.items())

    def end(self, producer: str) -> int:
        """The end of one log, as far as it is known now."""
        return self._logs[producer].end

    def changed_in(self, producer: str, end: int, names: Names) -> bool:
        """Whether, as far as is known, an event of a service after this end changed one of these resources."""
        return self._logs[producer].changed_since(end, names)

    def doubt(self, *producers: str) -> None:
        """Ask these services, or all, before the ends are relied on again."""
        for producer in producers or tuple(self._logs):
            self._doubts[producer] += 1
            self._proved_at.pop(producer, None)

    def prove(self, producers: Iterable[str]) -> bool:
        """Make sure of what is known of these services' logs; False while one of them does not reply."""
        now = self._now()
        due = [each for each in producers if self._is_due(each, now)]
        if not due:
            return True
        # A little work on which a reader waits, so it goes on before others.
        with within(SECONDS), cpu_time.measured(SECONDS):
            proved = [self._prove(producer, now) for producer in due]
        return all(proved)

    def unproved_for(self, producers: Iterable[str]) -> timedelta:
        """How long one of these services has not replied, at the most."""
        now = clock.now()
        return max((now - self._replied_at.get(each, now) for each in producers), default=timedelta(0))

    def _is_due(self, producer: str, now: float) -> bool:
        log = self._logs[producer]
        seconds = min(self._seconds, SECONDS_OF_SEARCH) if producer == SEARCH else self._seconds
        return now - self._proved_at.get(producer, -inf) >= seconds or log.handled < log.end

    def _prove(self, producer: str, now: float) -> bool:
        log, doubts = self._logs[producer], self._doubts[producer]
        try:
            end = max(self._end_now(producer), log.end)
        except SpaceError:
            # What it said before may still be right, but for events that are known to be missing.
            if log.handled < log.end:
                self._give_up(log, log.end)
            return False
        if log.handled < end:
            self._catch_up(producer, log, end)
        self._replied_at[producer] = clock.now()
        if self._doubts[producer] == doubts:
            self._proved_at[producer] = now
        return True

    def _end_now(self, producer: str) -> int:
        return (
            self._services.search.index_version() if producer == SEARCH else self._service(producer).log_end()
        )

    def _service(self, producer: str) -> Producer:
        return cast(Producer, getattr(self._services, producer))

    def _catch_up(self, producer: str, log: _Log, end: int) -> None:
        """Read the events up to `end` that did not arrive."""
        after = log.handled
        if producer != SEARCH and after >= 0 and end - after <= MOST_MISSED:
            try:
                for event in self._service(producer).events_after(after, end - after):
                    self._handle(log, event)
            except SpaceError:
                pass
        if log.handled < end:
            self._give_up(log, end)

    def _note(self, event: Recorded) -> None:
        log = self._logs.get(event.producer)
        if log is not None:
            self._handle(log, event)

    def _handle(self, log: _Log, event: Recorded) -> None:
        with self._lock:
            names = log.handle(event)
            self.changes += 1
        if names:
            self._tell(event.producer, names)

    def _give_up(self, log: _Log, end: int) -> None:
        with self._lock:
            log.give_up(end)
            self.changes += 1
        self._tell(next(name for name, each in self._logs.items() if each is log), {ALL})

    def _tell(self, producer: str, names: Names) -> None:
        for listener in self._told:
            listener(producer, names)
