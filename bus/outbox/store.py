"""The table of effects as performers see it: claim what is due, say how it went, forget what is long done.

A claim is a lease. It is renewed while its process lives and is free some seconds after the process died, so several
processes of a service share the work and none is performed by two at the same time. (A process that is stopped for
longer than a lease and then goes on is the exception; the key is what covers it.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import effect
from bus.retry.failed_events import LONGEST_DELAY, delay
from contracts.common import EffectStatus
from core import clock
from core.database import Database
from core.ids import new_id

LEASE = timedelta(seconds=10)
MAX_ATTEMPTS = 16
"""With `bus.retry.failed_events.delay` about half an hour: a mailbox that asks to come back later gets that time."""
KEEP = timedelta(days=30)
"""How long the key of a done effect stays known: longer than anything could ask for it again but a rebuild."""
PURGE_SIZE = 500
"""So many are forgotten in one transaction."""


_FREE = {"claim": "", "claimed_until": None}


@dataclass(frozen=True)
class Claimed:
    """An effect that this process is to perform. `begun` is 1 the first time."""

    key: str
    kind: str
    subject: str
    data: dict[str, Any]
    trace: str
    begun: int
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """How performing went: done (`error` is `""`), failed, or hindered by an outage, which counts against nobody.

    After an outage the effect itself waits for `wait`, so that another one is the next to try.
    """

    key: str
    error: str = ""
    outage: bool = False
    wait: timedelta = timedelta(0)


class OutboxStore:
    """One process's view of one service's effects."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claim = new_id()

    def claim(self, kind: str, limit: int) -> list[Claimed]:
        """Up to `limit` effects of `kind`: of each subject the first, if it is due and nobody else performs it.

        Takes no write lock while there is none, so it can be asked after every commit.
        """
        if self._database.sqlite and not self._any_due(kind):
            return []
        with self._database.writing() as session:
            now = _now(session)
            rows = session.execute(_due(kind, now).limit(limit).with_for_update(skip_locked=True)).all()
            exhausted = [row.key for row in rows if row.attempts >= MAX_ATTEMPTS]
            if exhausted:
                # Whoever performed the last attempt died at it.
                session.execute(
                    update(effect)
                    .where(effect.c.key.in_(exhausted))
                    .values(next_at=None, error="its process died at it", **_FREE)
                )
            claimed = [row for row in rows if row.attempts < MAX_ATTEMPTS]
            if claimed:
                session.execute(
                    update(effect)
                    .where(effect.c.key.in_([row.key for row in claimed]))
                    .values(
                        claim=self._claim,
                        claimed_until=now + LEASE,
                        begun=effect.c.begun + 1,
                        attempts=effect.c.attempts + 1,
                    )
                )
        return [
            Claimed(row.key, row.kind, row.subject, row.data, row.trace, row.begun + 1, row.created_at)
            for row in claimed
        ]

    def _any_due(self, kind: str) -> bool:
        with self._database.reading() as session:
            return session.execute(_due(kind, _now(session)).limit(1)).first() is not None

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Keep how it went, in one transaction. What was dropped or taken over meanwhile stays as it is."""
        done = [outcome.key for outcome in outcomes if not outcome.error]
        with self._database.writing() as session:
            if done:
                self._done(session, done)
            for outcome in outcomes:
                if outcome.error:
                    self._failed(session, outcome)

    def renew(self, keys: Sequence[str]) -> None:
        """Hold the claims on `keys` for another lease."""
        with self._database.writing() as session:
            session.execute(
                update(effect)
                .where(effect.c.key.in_(keys), effect.c.claim == self._claim)
                .values(claimed_until=_now(session) + LEASE)
            )

    def purge(self) -> int:
        """Forget some of those that have been done for longer than `KEEP`; answers how many, `PURGE_SIZE` at most."""
        with self._database.reading() as session:
            old = session.execute(
                select(effect.c.key)
                .where(effect.c.done_at < clock.now() - KEEP)
                .order_by(effect.c.done_at)
                .limit(PURGE_SIZE)
            )
            keys = list(old.scalars())
        if keys:
            with self._database.writing() as session:
                session.execute(delete(effect).where(effect.c.key.in_(keys)))
        return len(keys)

    @staticmethod
    def _done(session: Session, keys: Sequence[str]) -> None:
        # Done is done, whoever has the claim by now. What it said is nobody's business any more.
        session.execute(
            update(effect)
            .where(effect.c.key.in_(keys), effect.c.done_at.is_(None))
            .values(done_at=clock.now(), data={}, error="", **_FREE)
        )

    def _failed(self, session: Session, outcome: Outcome) -> None:
        mine = and_(effect.c.key == outcome.key, effect.c.done_at.is_(None), effect.c.claim == self._claim)
        attempts = session.execute(select(effect.c.attempts).where(mine).with_for_update()).scalar()
        if attempts is None:
            return
        if outcome.outage:
            state = {"attempts": max(attempts - 1, 0), "next_at": _now(session) + outcome.wait}
        elif attempts >= MAX_ATTEMPTS:
            state = {"next_at": None}
        else:
            state = {"next_at": _now(session) + delay(attempts)}
        session.execute(update(effect).where(mine).values(error=outcome.error, **state, **_FREE))


def effect_status(session: Session) -> list[EffectStatus]:
    """What is not done yet, by kind; a kind of which all is done is not in it."""
    parked = effect.c.next_at.is_(None)
    counts = session.execute(
        select(effect.c.kind, func.count(), func.count().filter(parked))
        .where(effect.c.done_at.is_(None))
        .group_by(effect.c.kind)
        .order_by(effect.c.kind)
    ).all()
    return [
        EffectStatus(
            kind=kind,
            waiting=undone - given_up,
            parked=given_up,
            oldest=session.execute(_oldest(kind)).scalar(),
            trouble=session.execute(_outage(kind)).scalar() or "",
        )
        for kind, undone, given_up in counts
    ]


def _oldest(kind: str) -> Select[Any]:
    before = effect.alias()
    behind_parked = (
        select(before.c.number)
        .where(
            before.c.done_at.is_(None),
            before.c.kind == kind,
            before.c.subject == effect.c.subject,
            before.c.number <= effect.c.number,
            before.c.next_at.is_(None),
        )
        .exists()
    )
    return select(func.min(effect.c.created_at)).where(
        effect.c.done_at.is_(None), effect.c.kind == kind, ~behind_parked
    )


def _outage(kind: str) -> Select[Any]:
    """The error of one that was begun more often than counts against it."""
    hindered = (effect.c.error != "", effect.c.next_at.is_not(None), effect.c.attempts < effect.c.begun)
    return (
        select(effect.c.error)
        .where(effect.c.done_at.is_(None), effect.c.kind == kind, *hindered)
        .order_by(effect.c.number.desc())
        .limit(1)
    )


def _due(kind: str, now: Any) -> Select[Any]:
    """The first undone effect of each subject, if its time has come and nobody holds a claim on it.

    A clock that was put back must make nothing wait longer than it could have.
    """
    before = effect.alias()
    waits_behind = (
        select(before.c.number)
        .where(
            before.c.done_at.is_(None),
            before.c.kind == kind,
            before.c.subject == effect.c.subject,
            before.c.number < effect.c.number,
        )
        .exists()
    )
    return (
        select(effect)
        .where(
            effect.c.done_at.is_(None),
            effect.c.kind == kind,
            _over(effect.c.next_at, now, LONGEST_DELAY),
            or_(effect.c.claimed_until.is_(None), _over(effect.c.claimed_until, now, 2 * LEASE)),
            ~waits_behind,
        )
        .order_by(effect.c.number)
    )


def _over(moment: ColumnElement[datetime], now: Any, longest: timedelta) -> ColumnElement[bool]:
    return or_(moment <= now, moment > now + longest)


def _now(session: Session) -> Any:
    """A moment, or an expression for it: the database's own clock where it has one, for machines differ, and a claim is
    a matter between them."""
    if clock.fixed() or session.get_bind().dialect.name != "postgresql":
        return clock.now()
    return func.now(type_=DateTime(timezone=True))
