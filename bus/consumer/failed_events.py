"""Stores events whose handler failed, by subject, until they are retried successfully or dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import failed_event
from bus.retry.policy import RetryPolicy
from bus.retry.queue import FAILED_EVENTS
from contracts.common import Recorded
from core import clock


class FailedEvents:
    """The failed events of one subscription."""

    def __init__(self, subscription: str, producer: str, policy: RetryPolicy) -> None:
        self._subscription = subscription
        self._producer = producer
        self._policy = policy
        self._mine = (failed_event.c.subscription == subscription, failed_event.c.producer == producer)

    def exist(self) -> Any:
        """An SQL condition: there are any."""
        return select(failed_event.c.seq).where(*self._mine).exists()

    def subjects(self, session: Session) -> set[str]:
        """The subjects that have failed events; their later events must wait."""
        return set(session.execute(select(failed_event.c.subject).where(*self._mine).distinct()).scalars())

    def add(self, session: Session, event: Recorded, error: str) -> None:
        """Store an event with the error of its handler, or with `""` if an earlier event of its subject failed."""
        now = clock.now()
        session.execute(
            insert(failed_event).values(
                subscription=self._subscription,
                producer=self._producer,
                seq=event.seq,
                subject=event.subject,
                event=event.model_dump(mode="json"),
                attempts=1 if error else 0,
                next_at=self._policy.next_at(1, now) if error else now,
                error=error,
            )
        )

    def next_attempts(self, session: Session) -> list[tuple[str, datetime | None]]:
        """Each subject with the time of its next attempt, None if it is dead-lettered."""
        query = (
            select(failed_event.c.subject, failed_event.c.next_at)
            .where(*self._mine, FAILED_EVENTS.is_first())
            .order_by(failed_event.c.seq)
        )
        return [(row[0], row[1]) for row in session.execute(query)]

    def events_of(self, session: Session, subject: str) -> list[tuple[Recorded, int]]:
        """The events of one subject in order, each with its number of attempts."""
        rows = session.execute(
            select(failed_event.c.event, failed_event.c.attempts)
            .where(*self._mine, failed_event.c.subject == subject)
            .order_by(failed_event.c.seq)
        )
        return [(Recorded.model_validate(row[0]), row[1]) for row in rows]

    def remove(self, session: Session, seq: int) -> None:
        """Remove an event that has taken effect."""
        session.execute(delete(failed_event).where(*self._mine, failed_event.c.seq == seq))

    def failed_again(self, session: Session, seq: int, attempts: int, error: str) -> None:
        """Store another failed attempt: the event waits longer, or is dead-lettered."""
        session.execute(
            update(failed_event)
            .where(*self._mine, failed_event.c.seq == seq)
            .values(attempts=attempts, next_at=self._policy.next_at(attempts, clock.now()), error=error)
        )
