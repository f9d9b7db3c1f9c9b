"""Events that a handler could not take: held by subject, tried again with growing delays, parked at last."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import held
from contracts.common import Recorded
from core import clock

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=5)
MAX_ATTEMPTS = 8


class Held:
    """What one subscription holds."""

    def __init__(self, subscription: str, producer: str) -> None:
        self._subscription = subscription
        self._producer = producer
        self._mine = (held.c.subscription == subscription, held.c.producer == producer)

    def exists(self) -> Any:
        """A condition for a query: whether anything is held."""
        return select(held.c.seq).where(*self._mine).exists()

    def subjects(self, session: Session) -> set[str]:
        """The subjects whose later events must wait."""
        return set(session.execute(select(held.c.subject).where(*self._mine).distinct()).scalars())

    def add(self, session: Session, event: Recorded, error: str) -> None:
        """Hold `event`: with an error of its own, or (`""`) because one before it is held."""
        session.execute(
            insert(held).values(
                subscription=self._subscription,
                producer=self._producer,
                seq=event.seq,
                subject=event.subject,
                event=event.model_dump(mode="json"),
                attempts=1 if error else 0,
                next_at=clock.now() + delay(1) if error else clock.now(),
                error=error,
            )
        )

    def first_of_each(self, session: Session) -> list[tuple[str, datetime | None]]:
        """Each held subject with the time at which its first event is due, None when it is parked."""
        first = (
            select(held.c.subject, func.min(held.c.seq).label("seq"))
            .where(*self._mine)
            .group_by(held.c.subject)
            .subquery()
        )
        query = (
            select(held.c.subject, held.c.next_at)
            .join(first, (held.c.subject == first.c.subject) & (held.c.seq == first.c.seq))
            .where(*self._mine)
            .order_by(held.c.seq)
        )
        return [(row[0], row[1]) for row in session.execute(query)]

    def events_of(self, session: Session, subject: str) -> list[tuple[Recorded, int]]:
        """The held events of one subject in order, with how often each was tried."""
        rows = session.execute(
            select(held.c.event, held.c.attempts)
            .where(*self._mine, held.c.subject == subject)
            .order_by(held.c.seq)
        )
        return [(Recorded.model_validate(row[0]), row[1]) for row in rows]

    def release(self, session: Session, seq: int) -> None:
        """Forget an event that took effect."""
        session.execute(delete(held).where(*self._mine, held.c.seq == seq))

    def failed_again(self, session: Session, seq: int, attempts: int, error: str) -> None:
        """Let it wait longer, or park it after `MAX_ATTEMPTS`."""
        next_at = None if attempts >= MAX_ATTEMPTS else clock.now() + delay(attempts)
        session.execute(
            update(held)
            .where(*self._mine, held.c.seq == seq)
            .values(attempts=attempts, next_at=next_at, error=error)
        )


def delay(attempt: int) -> timedelta:
    """1 s, 2 s, 4 s … up to five minutes, each from half to the whole of it, so that many don't come at once."""
    longest: timedelta = min(FIRST_DELAY * 2 ** min(attempt - 1, 20), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1.0)
