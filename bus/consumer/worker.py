"""What applies one producer's events: messages as they come, and the producer's log for what they leave out."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import eventlet
from eventlet.greenthread import GreenThread

from bus.consumer.subscription import Fetch, LogMismatch, Subscription
from bus.ops.fault_points import fault_point
from bus.rpc.client import Caller
from bus.rpc.context import within
from contracts.common import Producer, Recorded
from contracts.errors import Unavailable

log = logging.getLogger(__name__)

BATCH = 200
GATHER_SECONDS = 0.01
"""At least so long from one commit to the next, while there are few messages: what flows quickly is taken in batches
that are worth a commit, and what comes now and then does not wait."""
PULL_EVERY = 10.0
PULL_EVERY_IN_PROCESS = 30.0
"""A broker in this very process loses nothing; this is for what other processes did to the files, as an operator's."""
RETRY_LOOK_EVERY = 2.0
BROKEN_PAUSE = 15.0
FETCH_SECONDS = 5.0
LONGEST_ASK_PAUSE = 2.0

Message = tuple[Recorded, Any]
Acknowledge = Callable[[Sequence[Any]], None]


class Worker:
    """Applies batches of one producer's events and pulls what is missing."""

    def __init__(
        self, subscription: Subscription, caller: Caller, acknowledge: Acknowledge, in_process: bool
    ) -> None:
        self.subscription = subscription
        self.stopping = False
        self._braked_by: type[Exception] | None = None
        self._told: type[Exception] | None = None
        self._producer = caller.client(Producer, subscription.producer)
        self._acknowledge = acknowledge
        self._pull_every = PULL_EVERY_IN_PROCESS if in_process else PULL_EVERY
        self._messages: deque[Message] = deque()
        self._wake = threading.Event()
        self._must_pull = True
        self._pull_at = 0.0
        self._ask_at = 0.0
        self._ask_pause = 0.1
        self._applied_at = 0.0

    @property
    def braking(self) -> bool:
        """Whether the whole subscription waits."""
        return self._braked_by is not None

    def hear(self, event: Recorded, message: Any) -> None:
        """Take a message over."""
        self._messages.append((event, message))
        self._wake.set()

    def forget_messages(self) -> None:
        """The connection has gone: what waits for acknowledgement comes again."""
        self._messages.clear()

    def look(self) -> None:
        """Ask the log soon."""
        self._must_pull = True
        self._wake.set()

    def assign_partitions(self, lanes: frozenset[int]) -> None:
        """Handle these lanes from now on. What nobody handled since another process left is in the log."""
        if lanes != self.subscription.lanes:
            self.subscription.lanes = lanes
            self.subscription.holding = True
            self.look()

    def stop(self) -> None:
        """Let `run` end."""
        self.stopping = True
        self._wake.set()

    def run(self) -> None:
        """Until stopped."""
        subscription = self.subscription
        retry_at = 0.0
        pause = 0.1
        while not self.stopping:
            self._gather()
            self._wake.clear()
            batch = [self._messages.popleft() for _ in range(min(BATCH, len(self._messages)))]
            try:
                if batch:
                    self._must_pull = self._apply(batch) or self._must_pull
                    # What comes without a gap says as much as the log would: only silence has to be asked about.
                    self._pull_later()
                    batch = []
                if self._must_pull or monotonic() >= self._pull_at:
                    self._pull()
                if subscription.holding and monotonic() >= retry_at:
                    wait = subscription.retry_held()
                    retry_at = monotonic() + min(max(wait or 0.0, 0.2), RETRY_LOOK_EVERY)
                pause = 0.1
                if not self._must_pull:
                    self._braked_by = self._told = None
                if not self._messages:
                    until = self._ask_at if self._must_pull else self._pull_at
                    until = min(until, retry_at) if subscription.holding else until
                    self._wake.wait(max(until - monotonic(), 0.01))
            except LogMismatch as error:
                # Messages are of no use until somebody rebuilds; the log, asked now and then, tells when.
                self._acknowledge([message for _, message in batch])
                self._brake(error)
                eventlet.sleep(BROKEN_PAUSE * random.uniform(0.5, 1.0))
            except Exception as error:
                self._messages.extendleft(reversed(batch))
                self._brake(error)
                eventlet.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, 5.0)

    def _gather(self) -> None:
        wait = self._applied_at + GATHER_SECONDS - monotonic()
        if wait > 0 and 0 < len(self._messages) < BATCH and not self.stopping:
            eventlet.sleep(wait)

    def _brake(self, error: Exception) -> None:
        """The whole subscription waits: its database or its producer is in trouble, and no subject is to blame."""
        self._must_pull = True
        self._ask_at = 0.0
        self._braked_by = type(error)
        # Services that start together miss each other for a moment.
        passing = isinstance(error, Unavailable) and self._ask_pause < LONGEST_ASK_PAUSE
        if self._told is not type(error) and not passing and not self.stopping:
            self._told = type(error)
            subscription = self.subscription
            level = logging.ERROR if isinstance(error, LogMismatch) else logging.WARNING
            log.log(level, "%s waits in the log of %s: %s", subscription.name, subscription.producer, error)

    def _apply(self, batch: Sequence[Message]) -> bool:
        applied = self.subscription.apply([event for event, _ in batch])
        self._applied_at = monotonic()
        # A message beyond a gap is in the log as well, so it need not come again.
        fault_point("subscription.before-ack")
        self._acknowledge([message for _, message in batch])
        fault_point("subscription.after-ack")
        return applied.gap

    def _pull(self) -> None:
        """Ask the producer's log. If the producer is away, messages that came go on to take effect meanwhile."""
        if monotonic() < self._ask_at:
            return
        self._must_pull = False
        try:
            self.subscription.pull(_Ahead(_patiently(self._producer.events_after)))
        except Unavailable as error:
            self._brake(error)
            self._ask_at = monotonic() + self._ask_pause * random.uniform(0.5, 1.0)
            self._ask_pause = min(self._ask_pause * 2, LONGEST_ASK_PAUSE)
            return
        self._ask_pause = 0.1
        self._pull_later()

    def _pull_later(self) -> None:
        self._pull_at = monotonic() + self._pull_every * random.uniform(0.75, 1.0)


class _Ahead:
    """Fetches the next page of a log while the last one takes effect."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._asked: tuple[int, int] | None = None
        self._coming: GreenThread | None = None

    def __call__(self, seq: int, limit: int) -> list[Recorded]:
        if self._coming is not None and self._asked == (seq, limit):
            answer = self._coming.wait()
            if isinstance(answer, Exception):
                raise answer
        else:
            answer = self._fetch(seq, limit)
        self._coming = None
        if len(answer) >= limit:
            self._asked = (answer[-1].seq, limit)
            self._coming = eventlet.spawn(self._caught, *self._asked)
        page: list[Recorded] = answer
        return page

    def _caught(self, seq: int, limit: int) -> list[Recorded] | Exception:
        try:
            return self._fetch(seq, limit)
        except Exception as error:  # whoever asks for this page raises it
            return error


def _patiently(fetch: Fetch) -> Fetch:
    """`fetch` with time for a long answer, and not so much that messages wait for a producer that hangs."""

    def within_time(seq: int, limit: int) -> list[Recorded]:
        with within(FETCH_SECONDS):
            return fetch(seq, limit)

    return within_time
