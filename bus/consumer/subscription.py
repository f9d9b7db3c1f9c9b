"""What a service takes from another's event log: each event takes effect once, in order for each subject.

No transport here: whoever has events, from a message or pulled from the producer's log, hands them to `apply`.
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
"""The halt reason of a copy that a rebuild has replaced."""


class LogMismatch(Exception):
    """The producer's log is not the one that was read so far: it was lost or replaced. A rebuild is needed."""


class Replaced(Exception):
    """A rebuild has replaced the copy that was open: try again."""


@dataclass(frozen=True)
class Applied:
    """What `apply` did: the offset now, and whether events are missing between it and those handed over."""

    offset: int
    gap: bool


class Subscription:
    """One service's handlers for one producer's events, with their offsets in the service's own database.

    `partitions` are those whose subjects are handled here; whoever runs several processes divides them. Two processes
    that handle the same partition are slow but right: its row is locked, and who comes second finds it moved.
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
        """Whether any event may have failed: False spares `retry_failed`."""
        self._dispatcher = Dispatcher(name, producer, handlers)
        self._database = database
        self._failed = FailedEvents(name, producer, policy)
        self._offsets = OffsetStore(name, producer, self._failed.exist())
        self._policy = policy
        self._handling_seconds = metrics.HANDLING_SECONDS.labels(name, producer)

    def offsets(self) -> Offsets:
        """The offsets of its partitions."""
        with self._database.reading() as session:
            return self._offsets.read(session, self.partitions)

    def offset(self) -> int:
        """Up to which `seq` the producer's events have taken effect."""
        return self.offsets().seq

    def apply(self, events: Sequence[Recorded]) -> Applied:
        """Let `events` (rising `seq`) take effect. Those already known do nothing; at a hole it stops.

        What handlers write, the events that they append and the offset are one transaction. A handler's own error holds
        back its subject and nothing else; an error of the database itself is raised and nothing has happened. Raises
        `LogMismatch` while the subscription is halted.
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
        """Fetch from the producer's log until nothing newer is there; returns the offset.

        Raises `LogMismatch`, and saves it as the halt reason, when the log does not hold the event that
        took effect last: a backup was put back, and what is read from now on would not fit what is here.
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
        """Try again the subjects whose time has come; returns in how many seconds the next is due, None if none is."""
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
        """Within the caller's transaction, bring every partition to the foremost offset, and let none move on."""
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
        """One transaction; returns also the events that need another."""
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
                # Another event at an offset of its own: pulling will tell whose log is right.
                gap = gap or offsets.contradicts(event.seq, event.id)
                continue
            if event.seq != offset + 1 or (event.seq in ahead and offsets.contradicts(event.seq, event.id)):
                gap = True
                break
            offset, event_id = event.seq, event.id
            partition = partition_of(event.subject)
            if partition not in partitions or event.seq <= offsets.partitions[partition][0]:
                # Another process's, or it took effect before this process took the partition over.
                continue
            if run and event.type != run[0].type:
                self._dispatcher.handle_run(session, run)
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
            if not self._database.sqlite and has_appended(session):
                # Whoever appends holds the log's lock to the end, so it must be the last thing in a
                # transaction: another row's lock after it could meet an action that waits for the log.
                rest = events[index + 1 :]
                break
        self._dispatcher.handle_run(session, run)
        if offset != offsets.seq:
            self._offsets.move(session, partitions, offset, event_id)
        self.retrying = self.retrying or bool(failed_subjects)
        return Applied(offset, gap), rest

    def _observe(self, events: Sequence[Recorded]) -> None:
        now = clock.now()
        for event in events:
            if event.type in self._dispatcher.types:
                self._handling_seconds.observe(max((now - event.occurred_at).total_seconds(), 0.0))

    def _retry(self, subject: str) -> None:
        """One subject's events in order, until one fails again; that one waits longer, or is dead-lettered."""
        with self._database.writing() as session:
            self._offsets.lock(session, {partition_of(subject)})
            for event, attempts in self._failed.events_of(session, subject):
                error = self._dispatcher.handle(session, event, with_savepoint=True)
                if error:
                    # What a newer release wrote waits for this service's upgrade, and is never given up before it.
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
