"""The table of outbox tasks as task runners see it: claim what is due, record outcomes, purge what is long done.

A claim is a lease. It is renewed while its process lives and is free some seconds after the process died, so several
processes of a service share the work and no task is carried out by two at the same time. (A process that is stopped for
longer than a lease and then goes on is the exception; the key is what covers it.)
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
from bus.retry.queue import OUTBOX_TASKS
from contracts.common import View
from core import clock
from core.database import Database
from core.ids import new_id

LEASE = timedelta(seconds=10)
KEEP = timedelta(days=30)
"""How long the key of a done task stays known: longer than anything could enqueue it again but a rebuild."""
PURGE_SIZE = 500
"""So many are purged in one transaction."""

_FREE = {"claim": "", "claimed_until": None}


@dataclass(frozen=True)
class Claimed:
    """A task that this process is to carry out. `attempt` is 1 the first time."""

    key: str
    kind: str
    subject: str
    data: dict[str, Any]
    trace: str
    attempt: int
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What came of a task: done (`error` is `""`), failed, or hindered by an outage, which counts against nobody.

    After an outage the task itself waits for `wait`, so that another one is the next to try.
    """

    key: str
    error: str = ""
    outage: bool = False
    wait: timedelta = timedelta(0)


class OutboxStatus(View):
    """What a service has to do outside of its database, by kind. `waiting` counts what is to be done, `dead_lettered`
    what was given up, `oldest` is when the first was enqueued that is neither dead-lettered nor waits behind such.
    `outage` is the error while all of the kind wait, `""` if they don't."""

    kind: str
    waiting: int = 0
    dead_lettered: int = 0
    oldest: datetime | None = None
    outage: str = ""


class OutboxStore:
    """One process's view of one service's tasks."""

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
        """Up to `limit` tasks of `kind`: of each subject the first, if it is due and no other process has it.

        Takes no write lock while there is none, so it can be called after every commit.
        """
        if self._database.sqlite and not self._any_due(kind):
            return []
        with self._database.writing() as session:
            now = _now(session)
            rows = session.execute(self.due(kind, now).limit(limit).with_for_update(skip_locked=True)).all()
            exhausted = [row.key for row in rows if row.attempts >= self._policy.max_attempts]
            if exhausted:
                # The process died at the last attempt.
                session.execute(
                    update(outbox_task)
                    .where(outbox_task.c.key.in_(exhausted))
                    .values(next_at=None, error="its process died at it", **_FREE)
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
        """Save what came of tasks, in one transaction. What was dropped or taken over meanwhile stays as it is."""
        done = [outcome.key for outcome in outcomes if not outcome.error]
        with self._database.writing() as session:
            if done:
                # Done is done, whoever has the claim by now. Its data is nobody's business any more.
                session.execute(
                    update(outbox_task)
                    .where(outbox_task.c.key.in_(done), outbox_task.c.done_at.is_(None))
                    .values(done_at=clock.now(), data={}, error="", **_FREE)
                )
            for outcome in outcomes:
                if outcome.error:
                    self._record_failure(session, outcome)

    def renew(self, keys: Sequence[str]) -> None:
        """Hold the claims on `keys` for another lease."""
        with self._database.writing() as session:
            session.execute(
                update(outbox_task)
                .where(outbox_task.c.key.in_(keys), outbox_task.c.claim == self._claim)
                .values(claimed_until=_now(session) + self.lease)
            )

    def purge(self) -> int:
        """Delete some of those that have been done for longer than `KEEP`; returns how many."""
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
        """The first open task of each subject, if its time has come and no process has a claim on it."""
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
        else:
            state = {"next_at": self._policy.next_at(attempts, now)}
        session.execute(update(outbox_task).where(mine).values(error=outcome.error, **state, **_FREE))


def outbox_status(session: Session) -> list[OutboxStatus]:
    """What is not done yet, by kind; a kind of which all is done is not in it."""
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
    """The error of one that was delivered more often than counts against it."""
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
    """A time, or an expression for it: the database's own clock where it has one, for machines differ, and a claim is a
    matter between them."""
    if clock.fixed() or session.get_bind().dialect.name != "postgresql":
        return clock.now()
    return func.now(type_=DateTime(timezone=True))
