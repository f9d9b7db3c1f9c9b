"""When something that failed is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from bus.retry.backoff import delay


@dataclass(frozen=True)
class RetryPolicy:
    """Waits of `first` to `longest` seconds, growing and jittered; after `max_attempts` it is dead-lettered."""

    first: float
    longest: float
    max_attempts: int

    def next_at(self, attempts: int, now: Any) -> Any:
        """When to try again after `attempts` failed ones (from 1), None if not at all. `now` is a time, or an SQL
        expression for it."""
        if attempts >= self.max_attempts:
            return None
        return now + timedelta(seconds=delay(attempts, self.first, self.longest))

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Whether the time has come. A clock that was set back must not make anything wait longer than `longest`."""
        return next_at <= now or next_at > now + timedelta(seconds=self.longest)

    def due(self, next_at: ColumnElement[datetime], now: Any) -> ColumnElement[bool]:
        """`is_due` as a condition of a statement."""
        return is_over(next_at, now, timedelta(seconds=self.longest))


def is_over(moment: ColumnElement[datetime], now: Any, longest: timedelta) -> ColumnElement[bool]:
    """Whether `moment` has passed, or lies further ahead than it could ever have been set."""
    return or_(moment <= now, moment > now + longest)


EVENTS = RetryPolicy(first=1.0, longest=300.0, max_attempts=8)
"""Events that a handler failed at: about two minutes until they are dead-lettered."""
TASKS = RetryPolicy(first=1.0, longest=300.0, max_attempts=16)
"""Outbox tasks: about half an hour, so that a mailbox that asks to come back later gets that time."""
