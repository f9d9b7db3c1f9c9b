"""Runs a service's outbox tasks: enqueued in a transaction, handled outside of it, straight after the commit."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import eventlet
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError

from bus.eventlog.relay import Waker
from bus.ops.fault_points import fault_point
from bus.ops.metrics import EFFECTS_FAILED, PERFORMED_SECONDS
from bus.outbox.pause import Brake
from bus.outbox.store import LEASE, PURGE_SIZE, Claimed, OutboxStore, Outcome
from bus.outbox.tasks import CHANNEL, Outage, OutboxTask
from contracts.errors import Unavailable
from core import clock
from core.database import Database

log = logging.getLogger(__name__)

PERFORM_SECONDS = 120.0
LOOK_EVERY = 2.0
RENEW_EVERY = LEASE.total_seconds() / 3
PURGE_EVERY = 600.0
_TIMER = "timer"


def begin_limit(worker_context: Any) -> None:
    """In a worker that performs an effect, let it raise when it takes too long."""
    if isinstance(worker_context.entrypoint, TaskHandler):
        reason = TimeoutError(f"it took longer than {PERFORM_SECONDS:.0f} s")
        worker_context.data[_TIMER] = eventlet.Timeout(PERFORM_SECONDS, reason)


@dataclass(frozen=True)
class _Flight:
    kind: str
    begun_at: float


class TaskRunner(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Claims what is due, has it performed by workers of the container, and keeps how it went.

    One greenlet writes to the table, another renews claims; none of them waits for a performer.
    """

    def setup(self) -> None:
        self._database: Database = self.container.config["resources"].database
        self._store = OutboxStore(self._database)
        self._waker = Waker()
        self._brakes: dict[str, Brake] = {}
        self._flights: dict[str, _Flight] = {}
        self._outcomes: deque[Outcome] = deque()
        self._purge_at = monotonic() + PURGE_EVERY * random.random()
        self._claiming = threading.Lock()
        self._closing = False
        self._ended = threading.Event()
        if self._database.sqlite:
            self._database.after_write.append(self._waker.wake)

    def start(self) -> None:
        for kind in self._performers():
            self._brakes[kind] = Brake(self.container.service_name, kind)
        self._thread = self.container.spawn_managed_thread(self._run, identifier="performers")
        self._renewer = self.container.spawn_managed_thread(self._renew, identifier="claims")

    def close(self) -> None:
        """Begin no more; those that are being performed may end."""
        with self._claiming:
            self._closing = True

    def stop(self) -> None:
        self._end()
        self._thread.wait()
        self._renewer.wait()
        super().stop()

    def kill(self) -> None:
        self._end()

    def _end(self) -> None:
        self._closing = True
        self._ended.set()
        self._waker.wake()

    def _performers(self) -> dict[str, TaskHandler]:
        found: dict[str, TaskHandler] = {}
        for provider in self._providers:
            kind = provider.effect.kind
            if kind in found:
                raise ValueError(f"{found[kind].method_name} and {provider.method_name} both perform {kind}")
            found[kind] = provider
        return found

    def _run(self) -> None:
        pause = 0.2
        while not self._ended.is_set():
            try:
                with self._hearing() as wait:
                    while not self._ended.is_set():
                        self._step()
                        pause = 0.2
                        wait()
                    self._keep_outcomes()
            except Exception as error:
                if not self._ended.is_set():
                    log.warning("%s can't look for effects: %s", self.container.service_name, error)
                    self._ended.wait(pause * random.uniform(0.5, 1.0))
                    pause = min(pause * 2, 5.0)

    @contextmanager
    def _hearing(self) -> Iterator[Callable[[], None]]:
        """A way to wait until something may be due: woken by this process, by PostgreSQL, or by a slow timer."""

        def seconds() -> float:
            return LOOK_EVERY * random.uniform(0.75, 1.0)

        if self._database.sqlite:

            def wait_for_bell() -> None:
                self._waker.wait(seconds())

            yield wait_for_bell
            return
        with self._database.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            try:
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                raw: Any = connection.connection.driver_connection

                def wait() -> None:
                    self._waker.wait(seconds(), raw)
                    # Asking takes the notifications in, and tells whether the connection still lives.
                    connection.exec_driver_sql("SELECT 1")
                    raw.notifies.clear()

                yield wait
            finally:
                connection.invalidate()

    def _step(self) -> None:
        self._keep_outcomes()
        if monotonic() >= self._purge_at:
            more = self._store.purge() == PURGE_SIZE
            self._purge_at = monotonic() + (0.0 if more else PURGE_EVERY * random.uniform(0.75, 1.0))
        with self._claiming:
            if not self._closing:
                self._begin_due()

    def _begin_due(self) -> None:
        for kind, provider in self._performers().items():
            room = self._brakes[kind].room(sum(flight.kind == kind for flight in self._flights.values()))
            if room > 0:
                claimed = self._store.claim(kind, room)
                for each in claimed:
                    self._flights[each.key] = _Flight(kind, monotonic())
                for each in claimed:
                    self._begin(provider, each)

    def _begin(self, provider: TaskHandler, claimed: Claimed) -> None:
        try:
            effect = provider.effect.model_validate(claimed.data)
        except ValidationError as error:
            self._outcomes.append(self._failed(claimed, error))
            self._waker.wake()
            return
        fault_point("effect.before-perform")
        self.container.spawn_worker(
            provider,
            (effect, claimed.key, claimed.begun),
            {},
            context_data={"headers": {"traceparent": claimed.trace, "seconds-left": PERFORM_SECONDS}},
            handle_result=partial(self._performed, claimed),
        )

    def _performed(self, claimed: Claimed, context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """In the worker, after the performer. Must not fail, so it leaves the database to the other greenlet."""
        context.data[_TIMER].cancel()
        error = exc_info[1] if exc_info else None
        if error is None:
            fault_point("effect.after-perform")
        self._outcomes.append(self._judge(claimed, error))
        self._waker.wake()
        return result, exc_info

    def _judge(self, claimed: Claimed, error: BaseException | None) -> Outcome:
        brake, begun_at = self._brakes[claimed.kind], self._flights[claimed.key].begun_at
        if error is None:
            brake.succeeded(claimed.key, begun_at)
            seconds = (clock.now() - claimed.created_at).total_seconds()
            PERFORMED_SECONDS.labels(self.container.service_name, claimed.kind).observe(max(seconds, 0.0))
            return Outcome(claimed.key)
        if isinstance(error, Outage | Unavailable | OperationalError | InterfaceError):
            wait = brake.hindered(claimed.key, begun_at, error)
            if wait is not None:
                return Outcome(claimed.key, _text(error), outage=True, wait=wait)
        return self._failed(claimed, error)

    def _failed(self, claimed: Claimed, error: BaseException) -> Outcome:
        EFFECTS_FAILED.labels(self.container.service_name, claimed.kind).inc()
        return Outcome(claimed.key, _text(error))

    def _keep_outcomes(self) -> None:
        outcomes = list(self._outcomes)
        if not outcomes:
            return
        # If the database is away they stay, and so do their claims; nothing is performed again meanwhile.
        self._store.settle(outcomes)
        fault_point("effect.after-mark")
        for outcome in outcomes:
            self._outcomes.popleft()
            self._flights.pop(outcome.key, None)

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_EVERY):
            keys = list(self._flights)
            try:
                if keys:
                    self._store.renew(keys)
            except Exception as error:
                log.warning("%s can't renew its claims: %s", self.container.service_name, error)


class TaskHandler(Entrypoint):  # type: ignore[misc]
    """A method that performs one kind of effect."""

    runner = TaskRunner()

    def __init__(self, effect: type[OutboxTask], **kwargs: Any) -> None:
        self.effect = effect
        # What it raises is not lost: it is tried again, and kept with the effect.
        super().__init__(expected_exceptions=(Exception,), **kwargs)

    def setup(self) -> None:
        self.runner.register_provider(self)

    def stop(self) -> None:
        self.runner.close()
        self.runner.unregister_provider(self)


def _text(error: BaseException) -> str:
    """In one line, as lists show it."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:2000]
