"""What a service keeps of another's log: each event takes effect once, in order for each subject.

No broker here: whoever has events, from a message or pulled from the producer's log, hands them to `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from bus import metrics
from bus.faults import reach
from bus.held import LONGEST_DELAY, MAX_ATTEMPTS, Held
from bus.log import appended, forget_next_seq
from bus.schema import cursor
from bus.tracing import current_trace, set_trace
from contracts.common import Event, Recorded
from contracts.reading import read_event
from core import clock
from core.database import Database

Handler = Callable[[Session, Any, Recorded], None]
Fetch = Callable[[int, int], list[Recorded]]

PULL_SIZE = 500
REPLACED = "replaced"
"""The trouble of a copy that a rebuild has replaced."""


class BrokenCursor(Exception):
    """The producer's log is not the one that was read so far: it was lost or replaced. A rebuild is needed."""


class Replaced(Exception):
    """A rebuild has put another copy into the place of the one that was open: try again."""


class HandlerFailed(Exception):
    """A handler raised; the batch is undone."""


class TakesMany:
    """A handler of many events of one type at once, which can be asked for a single one as well."""

    def __init__(self, handle_all: Callable[[Session, Sequence[tuple[Any, Recorded]]], None]) -> None:
        self.handle_all = handle_all

    def __call__(self, session: Session, event: Any, recorded: Recorded) -> None:
        self.handle_all(session, [(event, recorded)])


@dataclass(frozen=True)
class Place:
    """Where a subscription stands: the last event that took effect, whether any is held, and what stops it."""

    seq: int = 0
    event_id: str = ""
    trouble: str = ""
    holding: bool = False


@dataclass(frozen=True)
class Applied:
    """What `apply` did: the cursor now, and whether events are missing between it and those handed over."""

    cursor: int
    gap: bool


class Subscription:
    """One service's handlers for one producer's events, with their cursor in the service's own database."""

    def __init__(
        self,
        name: str,
        producer: str,
        handlers: Mapping[str, Sequence[tuple[type[Event], Handler]]],
        database: Database,
    ) -> None:
        self.name = name
        self.producer = producer
        self.holding = True
        """Whether something may be held: False spares `retry_held`."""
        self._handlers = handlers
        self._database = database
        self._many = {
            type_ for type_, each in handlers.items() if all(isinstance(h, TakesMany) for _, h in each)
        }
        self._held = Held(name, producer)
        self._mine = (cursor.c.subscription == name, cursor.c.producer == producer)
        self._effect_seconds = metrics.EFFECT_SECONDS.labels(name, producer)
        self._failures = metrics.EVENTS_FAILED.labels(name, producer)

    def place(self) -> Place:
        """Where it stands now."""
        with self._database.reading() as session:
            return self._place(session, lock=False) or Place()

    def position(self) -> int:
        """Up to which `seq` the producer's events have taken effect."""
        return self.place().seq

    def apply(self, events: Sequence[Recorded]) -> Applied:
        """Let `events` (rising `seq`) take effect. Those already known do nothing; at a hole it stops.

        Effects, appended events and the cursor are one transaction. A handler's own error holds back its subject
        and nothing else; an error of the database itself is raised and nothing has happened. Raises `BrokenCursor`
        while the subscription is in trouble.
        """
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

        Raises `BrokenCursor`, and keeps it as the subscription's trouble, when the log does not hold the event that
        took effect last: a backup was put back, and what is read from now on would not fit what is here.
        """
        place = self.place()
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
                raise BrokenCursor(f"{self.name} can't go on in the log of {self.producer} after {position}")
            position = applied.cursor
            if not full:
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
        due = [subject for subject, at in firsts if at is not None and (at <= now or at > far)]
        for subject in due:
            self._retry(subject)
        if due:
            return 0.0
        waits = [(at - now).total_seconds() for _, at in firsts if at is not None]
        return min(waits) if waits else None

    def _apply(self, events: Sequence[Recorded], one_by_one: bool) -> tuple[Applied, Sequence[Recorded]]:
        """One transaction; answers also the events that need another."""
        rest: Sequence[Recorded] = ()
        took_effect: list[Recorded] = []
        with self._database.writing() as session:
            place = self._locked_place(session)
            if place.trouble == REPLACED:
                raise Replaced(f"{self.name} was rebuilt")
            if place.trouble:
                raise BrokenCursor(place.trouble)
            held_subjects = self._held.subjects(session) if place.holding else set()
            position = place.seq
            event_id = ""
            gap = False
            run: list[Recorded] = []
            for index, event in enumerate(events):
                if event.seq <= position:
                    # Another event at the cursor's own place: pulling will tell whose log is right.
                    gap = gap or (event.seq == place.seq and place.event_id not in ("", event.id))
                    continue
                if event.seq != position + 1:
                    gap = True
                    break
                if run and event.type != run[0].type:
                    self._handle_run(session, run)
                if event.subject in held_subjects:
                    self._held.add(session, event, "")
                elif not one_by_one and event.type in self._many:
                    run.append(event)
                    took_effect.append(event)
                elif error := self._handle(session, event, one_by_one):
                    self._held.add(session, event, error)
                    held_subjects.add(event.subject)
                else:
                    took_effect.append(event)
                position, event_id = event.seq, event.id
                if not self._database.sqlite and appended(session):
                    # Whoever appends holds the log's lock to the end, so it must be the last thing in a
                    # transaction: another row's lock after it could meet an action that waits for the log.
                    rest = events[index + 1 :]
                    break
            self._handle_run(session, run)
            if position != place.seq:
                session.execute(update(cursor).where(*self._mine).values(seq=position, event_id=event_id))
            reach("handler.before-commit")
        reach("handler.after-commit")
        self.holding = self.holding or bool(held_subjects)
        self._observe(took_effect)
        return Applied(position, gap), rest

    def _observe(self, events: Sequence[Recorded]) -> None:
        now = clock.now()
        for event in events:
            if event.type in self._handlers:
                self._effect_seconds.observe(max((now - event.occurred_at).total_seconds(), 0.0))

    def _handle_run(self, session: Session, run: list[Recorded]) -> None:
        """Hand the events of `run`, all of one type, to handlers that take many, and empty it."""
        if not run:
            return
        reach("handler.before-effect")
        outer_trace = current_trace()
        set_trace(run[0].trace)
        try:
            for model, handler in self._handlers[run[0].type]:
                assert isinstance(handler, TakesMany)
                handler.handle_all(session, [(read_event(event, model), event) for event in run])
            session.flush()
        except Exception as error:
            if _is_outage(error):
                raise
            raise HandlerFailed from error
        finally:
            set_trace(outer_trace)
            run.clear()

    def _handle(self, session: Session, event: Recorded, with_savepoint: bool) -> str:
        """Run the handlers of one event; answers the error's text, `""` if all went well."""
        handlers = self._handlers.get(event.type, ())
        if not handlers:
            return ""
        reach("handler.before-effect")
        outer_trace = current_trace()
        set_trace(event.trace)
        try:
            if not with_savepoint:
                self._run(session, handlers, event)
                return ""
            try:
                with session.begin_nested():
                    self._run(session, handlers, event)
                return ""
            except HandlerFailed as failure:
                forget_next_seq(session)
                self._failures.inc()
                return repr(failure.__cause__)[:2000]
        finally:
            set_trace(outer_trace)

    @staticmethod
    def _run(session: Session, handlers: Sequence[tuple[type[Event], Handler]], event: Recorded) -> None:
        for model, handler in handlers:
            try:
                handler(session, read_event(event, model), event)
                session.flush()
            except Exception as error:
                if _is_outage(error):
                    raise
                raise HandlerFailed from error

    def _retry(self, subject: str) -> None:
        """One subject's events in order, until one fails again; that one waits longer, or is parked at last."""
        with self._database.writing() as session:
            self._locked_place(session)
            for event, attempts in self._held.events_of(session, subject):
                error = self._handle(session, event, with_savepoint=True)
                if error:
                    # What a newer release wrote waits for this room's upgrade, and is never given up before it.
                    most = MAX_ATTEMPTS - 1 if self._is_newer(event) else MAX_ATTEMPTS
                    self._held.failed_again(session, event.seq, min(attempts + 1, most), error)
                    break
                self._held.release(session, event.seq)

    def _is_newer(self, event: Recorded) -> bool:
        return any(event.version > model.version for model, _ in self._handlers.get(event.type, ()))

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
        raise BrokenCursor(trouble)

    def _keep_trouble(self, trouble: str) -> None:
        with self._database.writing() as session:
            session.execute(update(cursor).where(*self._mine).values(trouble=trouble))

    def _locked_place(self, session: Session) -> Place:
        place = self._place(session, lock=True)
        if place is None:
            session.execute(insert(cursor).values(subscription=self.name, producer=self.producer, seq=0))
            return Place()
        return place

    def _place(self, session: Session, lock: bool) -> Place | None:
        query = select(cursor.c.seq, cursor.c.event_id, cursor.c.trouble, self._held.exists()).where(
            *self._mine
        )
        row = session.execute(query.with_for_update() if lock else query).first()
        return Place(row[0], row[1], row[2], bool(row[3])) if row else None


def _is_outage(error: Exception) -> bool:
    """Whether the database itself is in trouble, and not what a handler did with it."""
    return isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
