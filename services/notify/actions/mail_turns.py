"""Lets the mails be made that are due: of each topic in turn, so that none waits behind the hundred thousand readers of
another one, and few at a time, so that what comes due meanwhile is among the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from bus.outbox.store import fresh_tasks
from bus.outbox.tasks import enqueue_all
from core import clock
from services.notify.tables import MailWaiting
from services.notify.tasks import SendMail

AHEAD = 500
"""The most mails that are tasks before any was tried; all others wait their turn in `mail_waiting`."""

THREADS = 500
"""The most topics that are looked at in one turn."""


def enqueue_due(
    session: Session, after: str = "", ahead: int = AHEAD, most_threads: int = THREADS
) -> tuple[int, str]:
    """Enqueue mails that are due: as many as may be tasks (`ahead`), of each topic (`thread`) alike, beginning
    with those after `after`. Returns how many, and after which to go on."""
    free = ahead - fresh_tasks(session, SendMail.kind, ahead)
    if free <= 0:
        return 0, after
    threads = _threads(session, after, most_threads)
    each = max(1, free // max(len(threads), 1))
    rows: list[Any] = []
    for thread in threads:
        rows += _due(session, thread, min(each, free - len(rows)))
        after = thread
        if len(rows) >= free:
            break
    _enqueue(session, rows)
    return len(rows), after


def any_due(session: Session) -> bool:
    """Whether a mail is due."""
    due = select(MailWaiting.person_id).where(MailWaiting.due_at <= clock.now()).limit(1)
    return session.scalar(due) is not None


def _threads(session: Session, after: str, most: int) -> list[str]:
    """Up to `most` topics of which mails are due, those after `after` first. Each is found by one look into the
    index of threads, however many wait for it."""
    found = _due_threads(session, after, None, most)
    if len(found) < most and after:
        found += _due_threads(session, "", after, most - len(found))
    return found


def _due_threads(session: Session, after: str, until: str | None, most: int) -> list[str]:
    first, following, inside = (aliased(MailWaiting) for _ in range(3))

    def up_to(table: Any) -> Any:
        return table.thread <= until if until is not None else true()

    steps = (
        select(func.min(first.thread).label("thread"))
        .where(first.thread > after, up_to(first))
        .cte("threads", recursive=True)
    )
    successor = select(func.min(following.thread)).where(following.thread > steps.c.thread, up_to(following))
    steps = steps.union_all(
        select(successor.correlate(steps).scalar_subquery()).where(steps.c.thread.is_not(None))
    )
    is_due = select(inside.person_id).where(inside.thread == steps.c.thread, inside.due_at <= clock.now())
    wanted = select(steps.c.thread).where(steps.c.thread.is_not(None), is_due.correlate(steps).exists())
    return list(session.scalars(wanted.limit(most)))


def _due(session: Session, thread: str, most: int) -> Sequence[Any]:
    """The mails of a topic that have been due for longest, and that no other process is about to enqueue."""
    wanted = (
        select(MailWaiting.person_id, MailWaiting.thread, MailWaiting.due_at)
        .where(MailWaiting.thread == thread, MailWaiting.due_at <= clock.now())
        .order_by(MailWaiting.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return session.execute(wanted).all()


def _enqueue(session: Session, rows: Sequence[Any]) -> None:
    if not rows:
        return
    enqueue_all(
        session, [SendMail(person_id=row.person_id, thread=row.thread, due_at=row.due_at) for row in rows]
    )
    keys = tuple_(MailWaiting.person_id, MailWaiting.thread)
    done = delete(MailWaiting).where(keys.in_([(row.person_id, row.thread) for row in rows]))
    session.execute(done)
