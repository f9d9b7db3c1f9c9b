"""The table of outbox tasks: claims due tasks, records outcomes, and purges old tasks.

A claim is a lease: it is renewed while its process lives, and ends some seconds after the process died. So several
processes of a service share the work, and no two carry out the same task at the same time. (Except after a process was
suspended for longer than a lease; then the receiver knows the task by its key.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from bus.retry.policy import TASKS, RetryPolicy, is_over
from bus.retry.queue import AT_ONCE, OUTBOX_TASKS
from contracts.common import View
from core import clock
from core.database import Database
from core.ids import new_id

LEASE = timedelta(seconds=10)
KEEP = timedelta(days=30)
"""How long the key of a done task is kept, so that it can't be enqueued again."""
PURGE_SIZE = 500
"""The most tasks that are purged in one transaction."""

_FREE = {"claim": "", "claimed_until": None}


@dataclass(frozen=True)
class Claimed:
    """A task that this process has claimed. `attempt` is 1 for the first time that it is carried out."""

    key: str
    kind: str
    subject: str
    data: dict[str, Any]
    trace: str
    attempt: int
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task: done (`error` is `""`), failed, or prevented by an `outage`.

    An outage does not count as an attempt; the task is due again after `wait`. A `permanent` failure is not retried.
    """

    key: str
    error: str = ""
    outage: bool = False
    wait: timedelta = timedelta(0)
    permanent: bool = False


class OutboxStatus(View):
    """The open outbox tasks of one kind.

    `waiting` and `dead_lettered` are numbers of tasks. `oldest` is when the oldest was enqueued that is neither
    dead-lettered nor behind a dead letter. `outage` is the error of an outage that pauses the kind, `""` if none does.
    """

    kind: str
    waiting: int = 0
    dead_lettered: int = 0
    oldest: datetime | None = None
    outage: str = ""


class OutboxStore:
    """Access to the tasks of one service, for one process: claims are in its name."""

    def __init__(
        self,
        database: Database,
        policy: RetryPolicy = TASKS,
        lease: timedelta = LEASE,
        purge_size: int = PURGE_SIZE,
    ) -> None:
        self._database = database
        self._policy = policy
        self.lease = lease
        self.purge_size = purge_size
        self._claim = new_id()

    def claim(self, kind: str, limit: int) -> list[Claimed]:
        """Claim and return up to `limit` due tasks of `kind`, at most one of each subject.

        Takes no write lock if no task is due, so it can be called after every commit.
        """
        if self._database.sqlite and not self._any_due(kind):
            return []
        with self._database.writing() as session:
            now = _now(session)
            rows = session.execute(self.due(kind, now).limit(limit).with_for_update(skip_locked=True)).all()
            exhausted = [row.key for row in rows if row.attempts >= self._policy.max_attempts]
            if exhausted:
                # The process died during the last attempt.
                session.execute(
                    update(outbox_task)
                    .where(outbox_task.c.key.in_(exhausted))
                    .values(next_at=None, error="the process died during the last attempt", **_FREE)
                )
            claimed = [row for row in rows if row.attempts < self._policy.max_attempts]
            if claimed:
                session.execute(
                    update(outbox_task)
                    .where(outbox_task.c.key.in_([row.key for row in claimed]))
                    .values(
                        claim=self._claim,
                        claimed_until=now + self.lease,
                        deliveries=outbox_task.c.deliveries + 1,
                        attempts=outbox_task.c.attempts + 1,
                    )
                )
        return [
            Claimed(row.key, row.kind, row.subject, row.data, row.trace, row.deliveries + 1, row.created_at)
            for row in claimed
        ]

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Save the outcomes of tasks in one transaction, except of those dropped or claimed by others meanwhile."""
        done = [outcome.key for outcome in outcomes if not outcome.error]
        with self._database.writing() as session:
            if done:
                # A success counts even if another process has the claim by now. The data is not needed any more.
                session.execute(
                    update(outbox_task)
                    .where(outbox_task.c.key.in_(done), outbox_task.c.done_at.is_(None))
                    .values(done_at=clock.now(), data={}, error="", **_FREE)
                )
            for outcome in outcomes:
                if outcome.error:
                    self._record_failure(session, outcome)

    def renew(self, keys: Sequence[str]) -> None:
        """Extend this process's claims on `keys` by another lease."""
        with self._database.writing() as session:
            session.execute(
                update(outbox_task)
                .where(outbox_task.c.key.in_(keys), outbox_task.c.claim == self._claim)
                .values(claimed_until=_now(session) + self.lease)
            )

    def purge(self) -> int:
        """Delete up to `purge_size` tasks that have been done for longer than `KEEP`; returns how many."""
        with self._database.reading() as session:
            old = session.execute(
                select(outbox_task.c.key)
                .where(outbox_task.c.done_at < clock.now() - KEEP)
                .order_by(outbox_task.c.done_at)
                .limit(self.purge_size)
            )
            keys = list(old.scalars())
        if keys:
            with self._database.writing() as session:
                session.execute(delete(outbox_task).where(outbox_task.c.key.in_(keys)))
        return len(keys)

    def due(self, kind: str, now: Any) -> Select[Any]:
        """A query for the tasks of `kind` that are due: the first open one of each subject, if no process claims it."""
        lease = outbox_task.c.claimed_until
        return (
            select(outbox_task)
            .where(
                outbox_task.c.done_at.is_(None),
                outbox_task.c.kind == kind,
                self._policy.due(outbox_task.c.next_at, now),
                or_(lease.is_(None), is_over(lease, now, 2 * self.lease)),
                OUTBOX_TASKS.is_first(),
            )
            .order_by(outbox_task.c.number)
        )

    def _any_due(self, kind: str) -> bool:
        with self._database.reading() as session:
            return session.execute(self.due(kind, _now(session)).limit(1)).first() is not None

    def _record_failure(self, session: Session, outcome: Outcome) -> None:
        mine = and_(
            outbox_task.c.key == outcome.key,
            outbox_task.c.done_at.is_(None),
            outbox_task.c.claim == self._claim,
        )
        attempts = session.execute(select(outbox_task.c.attempts).where(mine).with_for_update()).scalar()
        if attempts is None:
            return
        now = _now(session)
        if outcome.outage:
            state = {"attempts": max(attempts - 1, 0), "next_at": now + outcome.wait}
        elif outcome.permanent:
            state = {"next_at": None}
        else:
            state = {"next_at": self._policy.next_at(attempts, now)}
        session.execute(update(outbox_task).where(mine).values(error=outcome.error, **state, **_FREE))


def fresh_tasks(session: Session, kind: str, most: int) -> int:
    """How many tasks of a kind are open that did not fail, up to `most`: for those who enqueue no more than are soon
    carried out."""
    fresh = (
        select(outbox_task.c.number)
        .where(outbox_task.c.done_at.is_(None), outbox_task.c.kind == kind, outbox_task.c.next_at == AT_ONCE)
        .limit(most)
    )
    return session.execute(select(func.count()).select_from(fresh.subquery())).scalar() or 0


def outbox_status(session: Session) -> list[OutboxStatus]:
    """The status of each kind of which tasks are open."""
    dead_lettered = outbox_task.c.next_at.is_(None)
    counts = session.execute(
        select(outbox_task.c.kind, func.count(), func.count().filter(dead_lettered))
        .where(outbox_task.c.done_at.is_(None))
        .group_by(outbox_task.c.kind)
        .order_by(outbox_task.c.kind)
    ).all()
    return [
        OutboxStatus(
            kind=kind,
            waiting=undone - dead_lettered,
            dead_lettered=dead_lettered,
            oldest=session.execute(_oldest(kind)).scalar(),
            outage=session.execute(_outage(kind)).scalar() or "",
        )
        for kind, undone, dead_lettered in counts
    ]


def _oldest(kind: str) -> Select[Any]:
    return select(func.min(outbox_task.c.created_at)).where(
        outbox_task.c.done_at.is_(None), outbox_task.c.kind == kind, ~OUTBOX_TASKS.is_behind_dead_letter()
    )


def _outage(kind: str) -> Select[Any]:
    """A query for the error of an outage: of a task that was delivered more often than it was attempted."""
    return (
        select(outbox_task.c.error)
        .where(
            outbox_task.c.done_at.is_(None),
            outbox_task.c.kind == kind,
            outbox_task.c.error != "",
            outbox_task.c.next_at.is_not(None),
            outbox_task.c.attempts < outbox_task.c.deliveries,
        )
        .order_by(outbox_task.c.number.desc())
        .limit(1)
    )


def _now(session: Session) -> Any:
    """The current time, or an SQL expression for it: processes on several machines compare claims by the clock of the
    database."""
    if clock.fixed() or session.get_bind().dialect.name != "postgresql":
        return clock.now()
    return func.now(type_=DateTime(timezone=True))
