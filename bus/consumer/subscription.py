"""Subscriptions: each event of another service's log takes effect once, in order for each subject.

This module knows no transport. Events, from messages or from the producer's log, are passed to `Subscription.apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bus.consumer.dispatch import Dispatcher, HandlerFailed, Handlers
from bus.consumer.failed_events import FailedEvents
from bus.consumer.offsets import Offsets, OffsetStore
from bus.consumer.partitions import ALL_PARTITIONS, partition_of
from bus.eventlog.append import has_appended
from bus.ops import metrics
from bus.ops.fault_points import fault_point
from bus.retry.policy import EVENTS, RetryPolicy
from contracts.common import Recorded
from core import clock
from core.database import Database

Fetch = Callable[[int, int], list[Recorded]]

PULL_SIZE = 500
REPLACED = "replaced"
"""The halt reason in a database that a rebuild has replaced."""


class LogMismatch(Exception):
    """The producer's log is not the one that was read before: it was lost or replaced. A rebuild is needed."""


class Replaced(Exception):
    """A rebuild has replaced the database that was open. Try again."""


@dataclass(frozen=True)
class Applied:
    """The result of `apply`: the new offset, and whether events are missing after it."""

    offset: int
    gap: bool


class Subscription:
    """One service's handlers for one producer's events, with the offsets in the service's own database.

    `partitions` are those that this process handles. Two processes may handle the same one: the row of its offset is
    locked, so the second one waits, and then finds the events handled.
    """

    def __init__(
        self,
        name: str,
        producer: str,
        handlers: Handlers,
        database: Database,
        policy: RetryPolicy = EVENTS,
    ) -> None:
        self.name = name
        self.producer = producer
        self.partitions: frozenset[int] = ALL_PARTITIONS
        self.retrying = True
        """Whether there may be failed events; if False, `retry_failed` need not be called."""
        self._dispatcher = Dispatcher(name, producer, handlers)
        self._database = database
        self._failed = FailedEvents(name, producer, policy)
        self._offsets = OffsetStore(name, producer, self._failed.exist())
        self._policy = policy
        self._handling_seconds = metrics.HANDLING_SECONDS.labels(name, producer)

    def offsets(self) -> Offsets:
        """The offsets of this process's partitions."""
        with self._database.reading_one() as session:
            return self._offsets.read(session, self.partitions)

    def offset(self) -> int:
        """The `seq` up to which events of all this process's partitions were handled."""
        return self.offsets().seq

    def apply(self, events: Sequence[Recorded]) -> Applied:
        """Handle `events`, in order of `seq`. Those handled before are skipped; at a gap it stops.

        What handlers write, the events that they append, and the offset are one transaction. If a handler fails, its
        subject waits for a retry. An outage of the database is raised, and the transaction is rolled back. Raises
        `LogMismatch` while the subscription is halted, and `Replaced` after a rebuild.
        """
        if not self.partitions:
            return Applied(events[-1].seq if events else 0, False)
        while True:
            try:
                applied, rest = self._apply(events, one_by_one=False)
            except HandlerFailed:
                applied, rest = self._apply(events, one_by_one=True)
            if not rest:
                return applied
            events = rest

    def pull(self, fetch: Fetch) -> int:
        """Handle the events of the producer's log up to its end; returns the offset.

        Raises `LogMismatch`, and stores it as the halt reason, if the log does not contain the event that was handled
        last: then a backup of the producer was restored, and its new events don't continue the old ones.
        """
        if not self.partitions:
            return 0
        offsets = self.offsets()
        # Another process of this service, or `space parked retry`, may have changed what failed.
        self.retrying = self.retrying or offsets.retrying
        offset = offsets.seq
        events = fetch(max(offset - 1, 0), PULL_SIZE)
        if offset:
            self._check_same_log(offsets, events)
        full = len(events) >= PULL_SIZE
        events = [event for event in events if event.seq > offset]
        while events:
            metrics.EVENTS_PULLED.labels(self.name, self.producer).inc(len(events))
            applied = self.apply(events)
            if applied.gap and applied.offset <= offset:
                raise LogMismatch(f"{self.name} can't go on in the log of {self.producer} after {offset}")
            offset = applied.offset
            if not (full or applied.gap):
                break
            events = fetch(offset, PULL_SIZE)
            full = len(events) >= PULL_SIZE
        return offset

    def retry_failed(self) -> float | None:
        """Retry the subjects that are due. Returns the seconds until the next retry, None if there is none."""
        with self._database.reading() as session:
            firsts = self._failed.next_attempts(session)
        self.retrying = bool(firsts)
        now = clock.now()
        mine = [
            (subject, at)
            for subject, at in firsts
            if at is not None and partition_of(subject) in self.partitions
        ]
        due = [subject for subject, at in mine if self._policy.is_due(at, now)]
        for subject in due:
            self._retry(subject)
        if due:
            return 0.0
        waits = [(at - now).total_seconds() for _, at in mine]
        return min(waits) if waits else None

    def align(self, session: Session, fetch: Fetch) -> None:
        """In the caller's transaction, bring all partitions to the highest of their offsets, and keep them locked."""
        while True:
            offsets = self._offsets.lock(session, ALL_PARTITIONS)
            end = max(seq for seq, _ in offsets.partitions.values())
            if offsets.halt_reason or offsets.seq == end:
                return
            events = [event for event in fetch(offsets.seq, PULL_SIZE) if event.seq <= end]
            took_effect: list[Recorded] = []
            if self._apply_in(session, events, ALL_PARTITIONS, True, took_effect)[0].offset == offsets.seq:
                raise LogMismatch(
                    f"{self.name} can't go on in the log of {self.producer} after {offsets.seq}"
                )

    def _apply(self, events: Sequence[Recorded], one_by_one: bool) -> tuple[Applied, Sequence[Recorded]]:
        """Handle events in one transaction; also returns those that need another one."""
        took_effect: list[Recorded] = []
        with self._database.writing() as session:
            done = self._apply_in(session, events, self.partitions, one_by_one, took_effect)
            fault_point("handler.before-commit")
        fault_point("handler.after-commit")
        self._observe(took_effect)
        return done

    def _apply_in(
        self,
        session: Session,
        events: Sequence[Recorded],
        partitions: frozenset[int],
        one_by_one: bool,
        took_effect: list[Recorded],
    ) -> tuple[Applied, Sequence[Recorded]]:
        rest: Sequence[Recorded] = ()
        offsets = self._offsets.lock(session, partitions)
        if offsets.halt_reason == REPLACED:
            raise Replaced(f"{self.name} was rebuilt")
        if offsets.halt_reason:
            raise LogMismatch(offsets.halt_reason)
        failed_subjects = self._failed.subjects(session) if offsets.retrying else set()
        ahead = {seq for seq, _ in offsets.partitions.values()}
        offset = offsets.seq
        event_id = ""
        gap = False
        run: list[Recorded] = []
        for index, event in enumerate(events):
            if event.seq <= offset:
                # Another event at an offset: a pull will find out whether the log was replaced.
                gap = gap or offsets.contradicts(event.seq, event.id)
                continue
            if event.seq != offset + 1 or (event.seq in ahead and offsets.contradicts(event.seq, event.id)):
                gap = True
                break
            partition = partition_of(event.subject)
            mine = partition in partitions and event.seq > offsets.partitions[partition][0]
            if mine and run and event.type != run[0].type:
                self._dispatcher.handle_run(session, run)
                if self._holds_log(session):
                    rest = events[index:]
                    break
            offset, event_id = event.seq, event.id
            if not mine:
                # Another process handles it, or has handled it before this process took over the partition.
                continue
            if event.subject in failed_subjects:
                self._failed.add(session, event, "")
            elif not one_by_one and event.type in self._dispatcher.many:
                run.append(event)
                took_effect.append(event)
            elif error := self._dispatcher.handle(session, event, one_by_one):
                self._failed.add(session, event, error)
                failed_subjects.add(event.subject)
            else:
                took_effect.append(event)
            if self._holds_log(session):
                rest = events[index + 1 :]
                break
        self._dispatcher.handle_run(session, run)
        if offset != offsets.seq:
            self._offsets.move(session, partitions, offset, event_id)
        self.retrying = self.retrying or bool(failed_subjects)
        return Applied(offset, gap), rest

    def _holds_log(self, session: Session) -> bool:
        """Whether the transaction must end before another event: it holds the log's lock to its end, and nothing may
        lock rows after it. An action that holds such a row and waits for the log would be a deadlock."""
        return not self._database.sqlite and has_appended(session)

    def _observe(self, events: Sequence[Recorded]) -> None:
        now = clock.now()
        for event in events:
            if event.type in self._dispatcher.types:
                self._handling_seconds.observe(max((now - event.occurred_at).total_seconds(), 0.0))

    def _retry(self, subject: str) -> None:
        """Handle a subject's failed events in order until one fails again, which waits longer or is dead-lettered."""
        with self._database.writing() as session:
            self._offsets.lock(session, {partition_of(subject)})
            for event, attempts in self._failed.events_of(session, subject):
                error = self._dispatcher.handle(session, event, with_savepoint=True)
                if error:
                    # An event of a newer release waits for the upgrade of this service; it is never dead-lettered.
                    most = self._policy.max_attempts - int(self._dispatcher.is_newer(event))
                    self._failed.failed_again(session, event.seq, min(attempts + 1, most), error)
                    break
                self._failed.remove(session, event.seq)

    def _check_same_log(self, offsets: Offsets, events: Sequence[Recorded]) -> None:
        found = events[0] if events else None
        if found is not None and found.seq == offsets.seq and offsets.event_id in ("", found.id):
            if offsets.halt_reason:
                self._save_halt_reason("")
            return
        what = "ends before" if found is None else "has another event at"
        end = f"{offsets.seq}, up to which {self.name} read it"
        reason = f"the log of {self.producer} {what} {end}: rebuild {self.name}"
        if reason != offsets.halt_reason:
            self._save_halt_reason(reason)
        raise LogMismatch(reason)

    def _save_halt_reason(self, reason: str) -> None:
        with self._database.writing() as session:
            self._offsets.save_halt_reason(session, self.partitions, reason)
