"""What a service keeps of another's log: each event takes effect once, in order for each subject.

No broker here: whoever has events, from a message or pulled from the producer's log, hands them to `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bus.consumer.dispatch import Dispatcher, HandlerFailed, Handlers
from bus.consumer.partitions import ALL_PARTITIONS, Cursor, Place, partition_of
from bus.eventlog.append import has_appended
from bus.ops import metrics
from bus.ops.fault_points import fault_point
from bus.retry.failed_events import LONGEST_DELAY, MAX_ATTEMPTS, Held
from contracts.common import Recorded
from core import clock
from core.database import Database

Fetch = Callable[[int, int], list[Recorded]]

PULL_SIZE = 500
REPLACED = "replaced"
"""The trouble of a copy that a rebuild has replaced."""


class LogMismatch(Exception):
    """The producer's log is not the one that was read so far: it was lost or replaced. A rebuild is needed."""


class Replaced(Exception):
    """A rebuild has put another copy into the place of the one that was open: try again."""


@dataclass(frozen=True)
class Applied:
    """What `apply` did: the cursor now, and whether events are missing between it and those handed over."""

    cursor: int
    gap: bool


class Subscription:
    """One service's handlers for one producer's events, with their cursor in the service's own database.

    `lanes` are those whose subjects are handled here; whoever runs several processes divides them. Two processes that
    take the same lane for theirs are slow but right: its row is locked, and who comes second finds it moved.
    """

    def __init__(
        self,
        name: str,
        producer: str,
        handlers: Handlers,
        database: Database,
    ) -> None:
        self.name = name
        self.producer = producer
        self.lanes: frozenset[int] = ALL_PARTITIONS
        self.holding = True
        """Whether something may be held: False spares `retry_held`."""
        self._handling = Dispatcher(name, producer, handlers)
        self._database = database
        self._held = Held(name, producer)
        self._cursor = Cursor(name, producer)
        self._effect_seconds = metrics.EFFECT_SECONDS.labels(name, producer)

    def place(self) -> Place:
        """Where it stands now."""
        with self._database.reading() as session:
            return self._cursor.read(session, self.lanes)

    def position(self) -> int:
        """Up to which `seq` the producer's events have taken effect."""
        return self.place().seq

    def apply(self, events: Sequence[Recorded]) -> Applied:
        """Let `events` (rising `seq`) take effect. Those already known do nothing; at a hole it stops.

        Effects, appended events and the cursor are one transaction. A handler's own error holds back its subject
        and nothing else; an error of the database itself is raised and nothing has happened. Raises `LogMismatch`
        while the subscription is in trouble.
        """
        if not self.lanes:
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
        """Fetch from the producer's log until nothing newer is there; answers the cursor.

        Raises `LogMismatch`, and keeps it as the subscription's trouble, when the log does not hold the event that
        took effect last: a backup was put back, and what is read from now on would not fit what is here.
        """
        if not self.lanes:
            return 0
        place = self.place()
        # Another process of this service, or `space parked retry`, may have changed what is held.
        self.holding = self.holding or place.holding
        position = place.seq
        events = fetch(max(position - 1, 0), PULL_SIZE)
        if position:
            self._check_same_log(place, events)
        full = len(events) >= PULL_SIZE
        events = [event for event in events if event.seq > position]
        while events:
            metrics.EVENTS_PULLED.labels(self.name, self.producer).inc(len(events))
            applied = self.apply(events)
            if applied.gap and applied.cursor <= position:
                raise LogMismatch(f"{self.name} can't go on in the log of {self.producer} after {position}")
            position = applied.cursor
            if not (full or applied.gap):
                break
            events = fetch(position, PULL_SIZE)
            full = len(events) >= PULL_SIZE
        return position

    def retry_held(self) -> float | None:
        """Try again the subjects whose time has come; answers in how many seconds the next is due, None if none is."""
        with self._database.reading() as session:
            firsts = self._held.first_of_each(session)
        self.holding = bool(firsts)
        now = clock.now()
        # A clock that was put back must not make anything wait for longer than the longest delay.
        far = now + LONGEST_DELAY
        mine = [
            (subject, at) for subject, at in firsts if at is not None and partition_of(subject) in self.lanes
        ]
        due = [subject for subject, at in mine if at <= now or at > far]
        for subject in due:
            self._retry(subject)
        if due:
            return 0.0
        waits = [(at - now).total_seconds() for _, at in mine]
        return min(waits) if waits else None

    def level(self, session: Session, fetch: Fetch) -> None:
        """Within the caller's transaction, bring every lane to where the foremost stands, and let none move on."""
        while True:
            place = self._cursor.locked(session, ALL_PARTITIONS)
            end = max(seq for seq, _ in place.lanes.values())
            if place.trouble or place.seq == end:
                return
            events = [event for event in fetch(place.seq, PULL_SIZE) if event.seq <= end]
            took_effect: list[Recorded] = []
            if self._apply_in(session, events, ALL_PARTITIONS, True, took_effect)[0].cursor == place.seq:
                raise LogMismatch(f"{self.name} can't go on in the log of {self.producer} after {place.seq}")

    def _apply(self, events: Sequence[Recorded], one_by_one: bool) -> tuple[Applied, Sequence[Recorded]]:
        """One transaction; answers also the events that need another."""
        took_effect: list[Recorded] = []
        with self._database.writing() as session:
            done = self._apply_in(session, events, self.lanes, one_by_one, took_effect)
            fault_point("handler.before-commit")
        fault_point("handler.after-commit")
        self._observe(took_effect)
        return done

    def _apply_in(
        self,
        session: Session,
        events: Sequence[Recorded],
        lanes: frozenset[int],
        one_by_one: bool,
        took_effect: list[Recorded],
    ) -> tuple[Applied, Sequence[Recorded]]:
        rest: Sequence[Recorded] = ()
        place = self._cursor.locked(session, lanes)
        if place.trouble == REPLACED:
            raise Replaced(f"{self.name} was rebuilt")
        if place.trouble:
            raise LogMismatch(place.trouble)
        held_subjects = self._held.subjects(session) if place.holding else set()
        ahead = {seq for seq, _ in place.lanes.values()}
        position = place.seq
        event_id = ""
        gap = False
        run: list[Recorded] = []
        for index, event in enumerate(events):
            if event.seq <= position:
                # Another event at the cursor's own place: pulling will tell whose log is right.
                gap = gap or place.contradicts(event.seq, event.id)
                continue
            if event.seq != position + 1 or (event.seq in ahead and place.contradicts(event.seq, event.id)):
                gap = True
                break
            position, event_id = event.seq, event.id
            lane = partition_of(event.subject)
            if lane not in lanes or event.seq <= place.lanes[lane][0]:
                # Another process's, or it took effect before this process took the lane over.
                continue
            if run and event.type != run[0].type:
                self._handling.handle_run(session, run)
            if event.subject in held_subjects:
                self._held.add(session, event, "")
            elif not one_by_one and event.type in self._handling.many:
                run.append(event)
                took_effect.append(event)
            elif error := self._handling.handle(session, event, one_by_one):
                self._held.add(session, event, error)
                held_subjects.add(event.subject)
            else:
                took_effect.append(event)
            if not self._database.sqlite and has_appended(session):
                # Whoever appends holds the log's lock to the end, so it must be the last thing in a
                # transaction: another row's lock after it could meet an action that waits for the log.
                rest = events[index + 1 :]
                break
        self._handling.handle_run(session, run)
        if position != place.seq:
            self._cursor.move(session, lanes, position, event_id)
        self.holding = self.holding or bool(held_subjects)
        return Applied(position, gap), rest

    def _observe(self, events: Sequence[Recorded]) -> None:
        now = clock.now()
        for event in events:
            if event.type in self._handling.types:
                self._effect_seconds.observe(max((now - event.occurred_at).total_seconds(), 0.0))

    def _retry(self, subject: str) -> None:
        """One subject's events in order, until one fails again; that one waits longer, or is parked at last."""
        with self._database.writing() as session:
            self._cursor.locked(session, {partition_of(subject)})
            for event, attempts in self._held.events_of(session, subject):
                error = self._handling.handle(session, event, with_savepoint=True)
                if error:
                    # What a newer release wrote waits for this room's upgrade, and is never given up before it.
                    most = MAX_ATTEMPTS - 1 if self._handling.is_newer(event) else MAX_ATTEMPTS
                    self._held.failed_again(session, event.seq, min(attempts + 1, most), error)
                    break
                self._held.release(session, event.seq)

    def _check_same_log(self, place: Place, events: Sequence[Recorded]) -> None:
        found = events[0] if events else None
        if found is not None and found.seq == place.seq and place.event_id in ("", found.id):
            if place.trouble:
                self._keep_trouble("")
            return
        what = "ends before" if found is None else "has another event at"
        trouble = (
            f"the log of {self.producer} {what} {place.seq}, where {self.name} stands: rebuild {self.name}"
        )
        if trouble != place.trouble:
            self._keep_trouble(trouble)
        raise LogMismatch(trouble)

    def _keep_trouble(self, trouble: str) -> None:
        with self._database.writing() as session:
            self._cursor.keep_trouble(session, self.lanes, trouble)
