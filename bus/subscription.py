"""What a service keeps of another's log: each event takes effect once, in order for each subject.

No broker here: whoever has events, from a message or pulled from the producer's log, hands them to `apply`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bus.log import forget_next_seq
from bus.schema import cursor, held
from bus.tracing import current_trace, set_trace
from contracts.common import Event, Recorded
from contracts.reading import read_event
from core import clock
from core.database import Database

Handler = Callable[[Session, Any, Recorded], None]
Fetch = Callable[[int, int], list[Recorded]]

PULL_SIZE = 500
FIRST_DELAY = timedelta(seconds=1)
MAX_ATTEMPTS = 8


class BrokenCursor(Exception):
    """The producer's log ends before the subscription's cursor: a log was lost or replaced. A rebuild is needed."""


class HandlerFailed(Exception):
    """A handler raised; the batch is undone."""


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
        self._handlers = handlers
        self._database = database

    def position(self) -> int:
        """Up to which `seq` the producer's events have taken effect."""
        with self._database.reading() as session:
            return session.execute(select(cursor.c.seq).where(*self._mine(cursor))).scalar() or 0

    def apply(self, events: Sequence[Recorded]) -> Applied:
        """Let `events` (rising `seq`) take effect. Those already known do nothing; at a hole it stops.

        Effects, appended events and the cursor are one transaction. A handler's own error holds back its subject
        and nothing else; an error of the database itself is raised and nothing has happened.
        """
        try:
            return self._apply(events, one_by_one=False)
        except HandlerFailed:
            return self._apply(events, one_by_one=True)

    def pull(self, fetch: Fetch) -> int:
        """Fetch from the producer's log until nothing newer is there; answers the cursor."""
        position = self.position()
        while True:
            events = fetch(position, PULL_SIZE)
            if not events:
                return position
            applied = self.apply(events)
            if applied.gap and applied.cursor <= position:
                raise BrokenCursor(f"{self.name} can't go on in the log of {self.producer} after {position}")
            position = applied.cursor

    def retry_held(self) -> int:
        """Try again the subjects whose time has come; answers how many events took effect."""
        with self._database.reading() as session:
            due = self._due_subjects(session)
        return sum(self._retry(subject) for subject in due)

    def _apply(self, events: Sequence[Recorded], one_by_one: bool) -> Applied:
        with self._database.writing() as session:
            position = self._locked_position(session)
            start = position
            held_subjects = set(
                session.execute(select(held.c.subject).where(*self._mine(held)).distinct()).scalars()
            )
            gap = False
            for event in events:
                if event.seq <= position:
                    continue
                if event.seq != position + 1:
                    gap = True
                    break
                if event.subject in held_subjects:
                    self._hold(session, event, "", due=False)
                elif error := self._handle(session, event, one_by_one):
                    self._hold(session, event, error, due=True)
                    held_subjects.add(event.subject)
                position = event.seq
            if position != start:
                session.execute(update(cursor).where(*self._mine(cursor)).values(seq=position))
            return Applied(position, gap)

    def _handle(self, session: Session, event: Recorded, with_savepoint: bool) -> str:
        """Run the handlers of one event; answers the error's text, `""` if all went well."""
        handlers = self._handlers.get(event.type, ())
        if not handlers:
            return ""
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
                return repr(failure.__cause__)[:2000]
        finally:
            set_trace(outer_trace)

    @staticmethod
    def _run(session: Session, handlers: Sequence[tuple[type[Event], Handler]], event: Recorded) -> None:
        for model, handler in handlers:
            try:
                handler(session, read_event(event, model), event)
                session.flush()
            except IntegrityError as error:
                raise HandlerFailed from error
            except Exception as error:
                if _is_outage(error):
                    raise
                raise HandlerFailed from error

    def _locked_position(self, session: Session) -> int:
        row = session.execute(select(cursor.c.seq).where(*self._mine(cursor)).with_for_update()).first()
        if row is not None:
            return int(row[0])
        session.execute(insert(cursor).values(subscription=self.name, producer=self.producer, seq=0))
        return 0

    def _hold(self, session: Session, event: Recorded, error: str, due: bool) -> None:
        session.execute(
            insert(held).values(
                subscription=self.name,
                producer=self.producer,
                seq=event.seq,
                subject=event.subject,
                event=event.model_dump(mode="json"),
                attempts=1 if due else 0,
                next_at=clock.now() + _delay(1) if due else clock.now(),
                error=error,
            )
        )

    def _due_subjects(self, session: Session) -> list[str]:
        first = (
            select(held.c.subject, func.min(held.c.seq).label("seq"))
            .where(*self._mine(held))
            .group_by(held.c.subject)
            .subquery()
        )
        query = (
            select(held.c.subject)
            .join(first, (held.c.subject == first.c.subject) & (held.c.seq == first.c.seq))
            .where(*self._mine(held), held.c.next_at <= clock.now())
            .order_by(held.c.seq)
        )
        return list(session.execute(query).scalars())

    def _retry(self, subject: str) -> int:
        """One subject's events in order, until one fails again; that one waits longer, or is parked at last."""
        done = 0
        with self._database.writing() as session:
            self._locked_position(session)
            rows = session.execute(
                select(held.c.seq, held.c.event, held.c.attempts)
                .where(*self._mine(held), held.c.subject == subject)
                .order_by(held.c.seq)
            ).all()
            for seq, data, attempts in rows:
                error = self._handle(session, Recorded.model_validate(data), with_savepoint=True)
                this = (*self._mine(held), held.c.seq == seq)
                if not error:
                    session.execute(delete(held).where(*this))
                    done += 1
                    continue
                parked = attempts + 1 >= MAX_ATTEMPTS
                next_at = None if parked else clock.now() + _delay(attempts + 1)
                session.execute(
                    update(held).where(*this).values(attempts=attempts + 1, next_at=next_at, error=error)
                )
                break
        return done

    def _mine(self, table: Any) -> tuple[Any, Any]:
        return table.c.subscription == self.name, table.c.producer == self.producer


def _delay(attempt: int) -> timedelta:
    """1 s, 2 s, 4 s … up to five minutes, each from half to the whole of it, so that many don't come at once."""
    longest: timedelta = min(FIRST_DELAY * 2 ** (attempt - 1), timedelta(minutes=5))
    return longest * random.uniform(0.5, 1.0)


def _is_outage(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError)
