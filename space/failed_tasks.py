"""Effects outside of the database that failed: list, retry, drop. Works on the stores, so it needs no running room."""

from __future__ import annotations

import getpass
import logging
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import effect
from bus.outbox.tasks import AT_ONCE, notify
from contracts.common import View
from core import clock
from core.database import Database

log = logging.getLogger(__name__)

_FAILED = (effect.c.done_at.is_(None), effect.c.attempts > 0, effect.c.error != "")
"""A first attempt that is just being made has no error yet."""


class FailedTask(View):
    """An effect that failed and will be tried again (`waiting`), or was given up (`parked`). `behind` counts those of
    its kind and subject that wait for it."""

    service: str
    kind: str
    subject: str
    state: str
    behind: int
    error: str


def failed_effects(service: str, database: Database) -> list[FailedTask]:
    """Every effect of a service that failed and is not done."""
    later = effect.alias()
    behind = (
        select(func.count())
        .where(
            later.c.done_at.is_(None),
            later.c.kind == effect.c.kind,
            later.c.subject == effect.c.subject,
            later.c.number > effect.c.number,
        )
        .scalar_subquery()
    )
    with database.reading() as session:
        rows = session.execute(
            select(effect, behind.label("behind")).where(*_FAILED).order_by(effect.c.number)
        ).all()
    return [
        FailedTask(
            service=service,
            kind=row.kind,
            subject=row.subject,
            state="parked" if row.next_at is None else "waiting",
            behind=row.behind,
            error=row.error,
        )
        for row in rows
    ]


def retry_effects(session: Session, subject: str | None) -> int:
    """Make the failed effects of `subject` (None: every one) due now, with all their attempts; answers how many."""
    changed: Any = session.execute(
        update(effect).where(*_FAILED, *_about(subject)).values(next_at=AT_ONCE, attempts=0)
    )
    notify(session)
    return int(changed.rowcount)


def drop_effects(session: Session, service: str, subject: str, reason: str) -> int:
    """Count the failed effects of `subject` as done; who did it and why goes to the log. Answers how many.

    Their keys stay known, so that nothing asks for them again; those behind them go on.
    """
    why = f"dropped by {getpass.getuser()}: {reason}"
    changed: Any = session.execute(
        update(effect).where(*_FAILED, *_about(subject)).values(done_at=clock.now(), data={}, error=why)
    )
    if changed.rowcount:
        log.warning(
            "%s dropped %s effect(s) of %s in %s: %s",
            getpass.getuser(),
            changed.rowcount,
            subject,
            service,
            reason,
        )
    notify(session)
    return int(changed.rowcount)


def _about(subject: str | None) -> tuple[Any, ...]:
    return () if subject is None else (effect.c.subject == subject,)
