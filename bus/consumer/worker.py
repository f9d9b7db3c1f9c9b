"""Applies one producer's events: messages as they arrive, and the producer's log for those that are missing."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import eventlet
from eventlet.greenthread import GreenThread

from bus.consumer.subscription import Fetch, LogMismatch, Subscription
from bus.ops.fault_points import fault_point
from bus.retry.backoff import Backoff, jittered
from bus.rpc.client import RpcClient
from bus.rpc.context import within
from contracts.common import Producer, Recorded
from contracts.errors import Unavailable

log = logging.getLogger(__name__)

BATCH = 200
FETCH_SECONDS = 5.0


@dataclass(frozen=True)
class Timing:
    """Times in seconds.

    - `gather`: the longest wait after a commit while fewer messages than a batch are waiting. Messages in quick
      succession are committed together, with fewer statements for each; single ones don't wait.
    - `gather_factor`: the wait in units of what the commit before took, so that it grows with the load. Handlers
      of one subscription take no more than `1 / (1 + gather_factor)` of the time until a wait is as long as `gather`.
    - `pull`, `pull_in_process`: how often the log is read if no event arrives; the second within one process, where
      nothing gets lost, but another process, such as a command of the operator, may have written to the files.
    - `retry`: how often failed events are looked for.
    - `halted`: how often a halted subscription checks whether it can go on.
    """

    gather: float = 0.2
    gather_factor: float = 4.0
    pull: float = 10.0
    pull_in_process: float = 30.0
    retry: float = 2.0
    halted: float = 15.0

    def wait_after(self, took: float) -> float:
        """How long to gather events after a commit that `took` seconds."""
        return min(self.gather, self.gather_factor * took)


Message = tuple[Recorded, Any]
Acknowledge = Callable[[Sequence[Any]], None]


class Worker:
    """Applies batches of one producer's events and pulls what is missing."""

    def __init__(
        self,
        subscription: Subscription,
        client: RpcClient,
        acknowledge: Acknowledge,
        in_process: bool,
        timing: Timing | None = None,
    ) -> None:
        self.subscription = subscription
        self.stopping = False
        self._timing = timing or Timing()
        self._in_process = in_process
        self._pull_seconds = self._timing.pull_in_process if in_process else self._timing.pull
        self._producer = client.proxy(Producer, subscription.producer)
        self._acknowledge = acknowledge
        self._messages: deque[Message] = deque()
        self._wake = threading.Event()
        self._paused_by: type[Exception] | None = None
        self._logged: type[Exception] | None = None
        self._backoff = Backoff(0.2, 5.0)
        self._fetch_backoff = Backoff(0.1, 2.0)
        self._must_pull = True
        self._pull_at = 0.0
        self._fetch_at = 0.0
        self._retry_at = 0.0
        self._gather_until = 0.0

    @property
    def paused(self) -> bool:
        """Whether the whole subscription is paused."""
        return self._paused_by is not None

    def deliver(self, event: Recorded, message: Any) -> None:
        """See `EventSink.deliver`."""
        self._messages.append((event, message))
        self._wake.set()

    def forget_messages(self) -> None:
        """See `EventSink.forget_messages`."""
        self._messages.clear()

    def schedule_pull(self) -> None:
        """See `EventSink.schedule_pull`."""
        self._must_pull = True
        self._wake.set()

    def assign_partitions(self, partitions: frozenset[int]) -> None:
        """Handle these partitions from now on. Events that no process has handled meanwhile are read from the log."""
        if partitions != self.subscription.partitions:
            self.subscription.partitions = partitions
            self.subscription.retrying = True
            self.schedule_pull()

    def stop(self) -> None:
        """Let `run` return."""
        self.stopping = True
        self._wake.set()

    def run(self) -> None:
        """Run until `stop` is called."""
        while not self.stopping:
            self._gather()
            self._wake.clear()
            batch = [self._messages.popleft() for _ in range(min(BATCH, len(self._messages)))]
            try:
                self._step(batch)
            except LogMismatch as error:
                # Messages can't be handled until a rebuild; regular reads of the log find out when.
                self._acknowledge([message for _, message in batch])
                self._pause(error)
                eventlet.sleep(jittered(self._timing.halted))
            except Exception as error:
                self._messages.extendleft(reversed(batch))
                self._pause(error)
                eventlet.sleep(self._backoff.next())

    def _step(self, batch: list[Message]) -> None:
        subscription = self.subscription
        if batch:
            self._must_pull = self._apply(batch) or self._must_pull
            # Messages without a gap are as good as the log, which need only be read if none arrive.
            self._pull_later()
            batch.clear()
        if self._must_pull or monotonic() >= self._pull_at:
            self._pull()
        if subscription.retrying and monotonic() >= self._retry_at:
            wait = subscription.retry_failed()
            self._retry_at = monotonic() + min(max(wait or 0.0, 0.2), self._timing.retry)
        self._backoff.reset()
        if not self._must_pull:
            self._paused_by = self._logged = None
        if not self._messages:
            until = self._fetch_at if self._must_pull else self._pull_at
            until = min(until, self._retry_at) if subscription.retrying else until
            self._wake.wait(max(until - monotonic(), 0.01))

    def _gather(self) -> None:
        """Wait for more events to handle at once, if there are some."""
        some = 0 < len(self._messages) < BATCH or (self._in_process and self._must_pull)
        wait = self._gather_until - monotonic()
        if some and wait > 0 and not self.stopping:
            eventlet.sleep(wait)

    def _handled_since(self, started: float) -> None:
        now = monotonic()
        self._gather_until = now + self._timing.wait_after(now - started)

    def _pause(self, error: Exception) -> None:
        """Pause the whole subscription: its database or its producer is unavailable. No event counts as failed."""
        self._must_pull = True
        self._fetch_at = 0.0
        self._paused_by = type(error)
        # Services that start at the same time can't reach each other for a moment; that is not logged.
        passing = isinstance(error, Unavailable) and not self._fetch_backoff.exhausted
        if self._logged is not type(error) and not passing and not self.stopping:
            self._logged = type(error)
            subscription = self.subscription
            level = logging.ERROR if isinstance(error, LogMismatch) else logging.WARNING
            log.log(
                level, "%s is paused in the log of %s: %s", subscription.name, subscription.producer, error
            )

    def _apply(self, batch: Sequence[Message]) -> bool:
        started = monotonic()
        applied = self.subscription.apply([event for event, _ in batch])
        self._handled_since(started)
        # Messages after a gap are acknowledged too: they will be read from the log.
        fault_point("subscription.before-ack")
        self._acknowledge([message for _, message in batch])
        fault_point("subscription.after-ack")
        return applied.gap

    def _pull(self) -> None:
        """Read the producer's log. If the producer is unavailable, messages that arrived still take effect."""
        if monotonic() < self._fetch_at:
            return
        self._must_pull = False
        started = monotonic()
        try:
            self.subscription.pull(_Prefetching(_within_limit(self._producer.events_after)))
        except Unavailable as error:
            self._pause(error)
            self._fetch_at = monotonic() + self._fetch_backoff.next()
            return
        self._fetch_backoff.reset()
        self._handled_since(started)
        self._pull_later()

    def _pull_later(self) -> None:
        self._pull_at = monotonic() + jittered(self._pull_seconds)


class _Prefetching:
    """Fetches the next page of a log while the current one is handled."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._next: tuple[int, int] | None = None
        self._coming: GreenThread | None = None

    def __call__(self, seq: int, limit: int) -> list[Recorded]:
        if self._coming is not None and self._next == (seq, limit):
            page = self._coming.wait()
            if isinstance(page, Exception):
                raise page
        else:
            page = self._fetch(seq, limit)
        self._coming = None
        if len(page) >= limit:
            self._next = (page[-1].seq, limit)
            self._coming = eventlet.spawn(self._fetch_or_error, *self._next)
        found: list[Recorded] = page
        return found

    def _fetch_or_error(self, seq: int, limit: int) -> list[Recorded] | Exception:
        try:
            return self._fetch(seq, limit)
        except Exception as error:  # raised when the page is needed
            return error


def _within_limit(fetch: Fetch) -> Fetch:
    """`fetch` with a deadline that is long enough for a large page, but stops waiting for a producer that hangs."""

    def fetch_within(seq: int, limit: int) -> list[Recorded]:
        with within(FETCH_SECONDS):
            return fetch(seq, limit)

    return fetch_within
