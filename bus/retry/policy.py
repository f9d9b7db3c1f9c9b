"""When something that failed is tried again, and when it is dead-lettered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from bus.retry.backoff import delay


@dataclass(frozen=True)
class RetryPolicy:
    """Waits from `first` up to `longest` seconds (`backoff.delay`); dead-lettered after `max_attempts` attempts."""

    first: float
    longest: float
    max_attempts: int

    def next_at(self, attempts: int, now: Any) -> Any:
        """The time of the next attempt after `attempts` failed ones (from 1), None for a dead letter. `now` is a time,
        or an SQL expression for it."""
        if attempts >= self.max_attempts:
            return None
        return now + timedelta(seconds=delay(attempts, self.first, self.longest))

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Whether it is time for the next attempt: also if that is more than `longest` ahead, since then the clock was
        set back."""
        return next_at <= now or next_at > now + timedelta(seconds=self.longest)

    def due(self, next_at: ColumnElement[datetime], now: Any) -> ColumnElement[bool]:
        """`is_due` as an SQL condition."""
        return is_over(next_at, now, timedelta(seconds=self.longest))


def is_over(moment: ColumnElement[datetime], now: Any, longest: timedelta) -> ColumnElement[bool]:
    """An SQL condition: `moment` has passed, or is more than `longest` ahead, since then the clock was set back."""
    return or_(moment <= now, moment > now + longest)


EVENTS = RetryPolicy(first=1.0, longest=300.0, max_attempts=8)
"""For failed events: dead-lettered after about two minutes."""
TASKS = RetryPolicy(first=1.0, longest=300.0, max_attempts=16)
"""For outbox tasks: dead-lettered after about half an hour, time enough for a mail server that defers mail."""
