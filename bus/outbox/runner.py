"""Runs a service's outbox tasks: claims them, has their handlers carry them out, and records the outcomes."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

import eventlet
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError

from bus.eventlog.waker import CommitNotifications, Waker, own_connection
from bus.ops.fault_points import fault_point
from bus.ops.metrics import TASK_SECONDS, TASKS_FAILED
from bus.outbox.outage import FIRST_SECONDS, LONGEST_SECONDS, KindPause
from bus.outbox.store import LEASE, PURGE_SIZE, Claimed, OutboxStore, Outcome
from bus.outbox.tasks import CHANNEL, Outage, OutboxTask, PermanentFailure
from bus.retry.backoff import Backoff, jittered
from bus.retry.policy import TASKS, RetryPolicy
from contracts.errors import Unavailable
from core import clock
from core.database import Database

log = logging.getLogger(__name__)

_TIMER = "timer"


@dataclass(frozen=True)
class Limits:
    """The limits of a task runner; times are in seconds.

    `handler`: how long a handler may take. `poll`: how often tasks are looked for without a notification. `purge`: how
    often old tasks are purged, `purge_size` at a time. `lease`: how long a claim lasts unless it is renewed.
    `first_pause`, `longest_pause`: the pauses of a kind during an outage.
    """

    handler: float = 120.0
    poll: float = 2.0
    purge: float = 600.0
    lease: float = LEASE.total_seconds()
    first_pause: float = FIRST_SECONDS
    longest_pause: float = LONGEST_SECONDS
    purge_size: int = PURGE_SIZE
    policy: RetryPolicy = TASKS


LIMITS = Limits()


def begin_limit(worker_context: Any) -> None:
    """Start the time limit of a worker that carries out a task: after it `TimeoutError` is raised in the handler."""
    if isinstance(worker_context.entrypoint, TaskHandler):
        seconds = limits_of(worker_context.container.config).handler
        reason = TimeoutError(f"it took longer than {seconds:.0f} s")
        worker_context.data[_TIMER] = eventlet.Timeout(seconds, reason)


def limits_of(config: dict[str, Any]) -> Limits:
    """The limits in a container's config, or the defaults."""
    found: Limits = config.get("outbox_limits", LIMITS)
    return found


@dataclass(frozen=True)
class _InFlight:
    kind: str
    started_at: float


class TaskRunner(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Claims due tasks, has workers of the container carry them out, and records the outcomes.

    One greenlet claims and records, another renews claims; neither waits for a handler.
    """

    def setup(self) -> None:
        self._limits = limits = limits_of(self.container.config)
        self._database: Database = self.container.config["resources"].database
        self._store = OutboxStore(
            self._database, limits.policy, timedelta(seconds=limits.lease), limits.purge_size
        )
        self._waker = Waker()
        self._pauses: dict[str, KindPause] = {}
        self._in_flight: dict[str, _InFlight] = {}
        self._outcomes: deque[Outcome] = deque()
        # Jittered, so that the processes of a service don't purge at the same time.
        self._purge_at = monotonic() + jittered(limits.purge)
        self._claiming = threading.Lock()
        self._closing = False
        self._ended = threading.Event()
        if self._database.sqlite:
            self._database.after_commit.append(lambda _session: self._waker.wake())

    def start(self) -> None:
        service, limits = self.container.service_name, self._limits
        for kind in self._handlers():
            self._pauses[kind] = KindPause(service, kind, limits.first_pause, limits.longest_pause)
        self._thread = self.container.spawn_managed_thread(self._run, identifier="task runner")
        self._renewer = self.container.spawn_managed_thread(self._renew, identifier="claims")

    def close(self) -> None:
        """Start no more tasks; running handlers may finish."""
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

    def _handlers(self) -> dict[str, TaskHandler]:
        found: dict[str, TaskHandler] = {}
        for provider in self._providers:
            kind = provider.task.kind
            if kind in found:
                raise ValueError(f"{found[kind].method_name} and {provider.method_name} both handle {kind}")
            found[kind] = provider
        return found

    def _run(self) -> None:
        backoff = Backoff(0.4, 5.0)
        while not self._ended.is_set():
            try:
                with self._waiting() as wait:
                    while not self._ended.is_set():
                        self._step()
                        backoff.reset()
                        wait()
                    self._record_outcomes()
            except Exception as error:
                if not self._ended.is_set():
                    log.warning("%s can't look for tasks: %s", self.container.service_name, error)
                    self._ended.wait(backoff.next())

    @contextmanager
    def _waiting(self) -> Iterator[Callable[[], None]]:
        """A function that waits until something may be due: a commit of this process, a notification, or a timer."""
        if self._database.sqlite:

            def wait_for_waker() -> None:
                self._waker.wait(jittered(self._limits.poll))

            yield wait_for_waker
            return
        with own_connection(self._database) as connection:
            notifications = CommitNotifications(connection, CHANNEL)

            def wait() -> None:
                self._waker.wait(jittered(self._limits.poll), notifications.socket)
                notifications.clear()

            yield wait

    def _step(self) -> None:
        self._record_outcomes()
        if monotonic() >= self._purge_at:
            more = self._store.purge() == self._store.purge_size
            self._purge_at = monotonic() + (0.0 if more else jittered(self._limits.purge))
        with self._claiming:
            if not self._closing:
                self._start_due()

    def _start_due(self) -> None:
        for kind, provider in self._handlers().items():
            free = self._pauses[kind].free(sum(each.kind == kind for each in self._in_flight.values()))
            if free > 0:
                claimed = self._store.claim(kind, free)
                for each in claimed:
                    self._in_flight[each.key] = _InFlight(kind, monotonic())
                for each in claimed:
                    self._start(provider, each)

    def _start(self, provider: TaskHandler, claimed: Claimed) -> None:
        try:
            task = provider.task.model_validate(claimed.data)
        except ValidationError as error:
            self._outcomes.append(self._failed(claimed, error))
            self._waker.wake()
            return
        fault_point("task.before-handler")
        headers = {"traceparent": claimed.trace, "seconds-left": self._limits.handler}
        self.container.spawn_worker(
            provider,
            (task, claimed.key, claimed.attempt),
            {},
            context_data={"headers": headers},
            handle_result=partial(self._handled, claimed),
        )

    def _handled(self, claimed: Claimed, context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Called in the worker after the handler. It must not fail, so the other greenlet writes to the database."""
        context.data[_TIMER].cancel()
        error = exc_info[1] if exc_info else None
        if error is None:
            fault_point("task.after-handler")
        self._outcomes.append(self._judge(claimed, error))
        self._waker.wake()
        return result, exc_info

    def _judge(self, claimed: Claimed, error: BaseException | None) -> Outcome:
        pause, started_at = self._pauses[claimed.kind], self._in_flight[claimed.key].started_at
        if error is None:
            pause.succeeded(claimed.key, started_at)
            seconds = (clock.now() - claimed.created_at).total_seconds()
            TASK_SECONDS.labels(self.container.service_name, claimed.kind).observe(max(seconds, 0.0))
            return Outcome(claimed.key)
        if isinstance(error, Outage | Unavailable | OperationalError | InterfaceError):
            wait = pause.met_outage(claimed.key, started_at, error)
            if wait is not None:
                return Outcome(claimed.key, _text(error), outage=True, wait=wait)
        return self._failed(claimed, error)

    def _failed(self, claimed: Claimed, error: BaseException) -> Outcome:
        TASKS_FAILED.labels(self.container.service_name, claimed.kind).inc()
        return Outcome(claimed.key, _text(error), permanent=isinstance(error, PermanentFailure))

    def _record_outcomes(self) -> None:
        outcomes = list(self._outcomes)
        if not outcomes:
            return
        # If this fails, outcomes and claims stay as they are, so no task is carried out again meanwhile.
        self._store.record(outcomes)
        fault_point("task.after-record")
        for outcome in outcomes:
            self._outcomes.popleft()
            self._in_flight.pop(outcome.key, None)

    def _renew(self) -> None:
        while not self._ended.wait(self._limits.lease / 3):
            keys = list(self._in_flight)
            try:
                if keys:
                    self._store.renew(keys)
            except Exception as error:
                log.warning("%s can't renew its claims: %s", self.container.service_name, error)


class TaskHandler(Entrypoint):  # type: ignore[misc]
    """The entrypoint of a method that carries out one kind of task."""

    runner = TaskRunner()

    def __init__(self, task: type[OutboxTask], **kwargs: Any) -> None:
        self.task = task
        # All exceptions are expected: they are stored with the task, which is retried.
        super().__init__(expected_exceptions=(Exception,), **kwargs)

    def setup(self) -> None:
        self.runner.register_provider(self)

    def stop(self) -> None:
        self.runner.close()
        self.runner.unregister_provider(self)


def _text(error: BaseException) -> str:
    """The error in one line, as lists show it."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:2000]
