"""Outbox tasks: what acts outside the database, such as a mail or a push message, enqueued in the transaction that
changes state and carried out after it (a transactional outbox).

An action or a handler calls `enqueue(session, SendMail(…))`: a row beside the state, the event or the offset, so there
is never one without the other. A method of the service carries it out, outside of any transaction:

    @task_handler(SendMail)
    def send_mail(self, mail: SendMail, key: str, attempt: int) -> None: …

When it returns, the task is done. When it raises, it is tried again after growing, jittered delays, and dead-lettered
at last; later tasks of its kind and subject wait behind it, all others flow on. When it raises `Outage` (the mail
server refuses every connection), all of its kind wait, and nothing is given up.

**Once, in effect.** A process may die after the handler returned and before the database knows. The task is then
carried out again, with the same `key`, so the receiver has to know it by its key:

- mail: a `Message-ID` made from the key, by which mail programs and lists drop the second;
- web push: the key, hashed to what fits, as `Topic` and as the notification's tag: the second replaces the first;
- another site's API: the key as `Idempotency-Key`;
- a receiver that knows no keys: `attempt` above 1 says that it may have been carried out already, and the handler looks
  first.

**Keys follow from the event** (its id, and who is notified), never from chance or the clock: whatever is enqueued
again, by a repeated request or a rebuild, is known by its key and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from bus.ops.tracing import current_trace
from bus.retry.queue import AT_ONCE
from core import clock
from core.database import insert_or_ignore

CHANNEL = "outbox_task"
"""PostgreSQL's notifications that there is a task."""

_as_done: ContextVar[bool] = ContextVar("as_done", default=False)


class Outage(Exception):
    """What a handler raises when whatever it needs is away as a whole: nothing was done, and no task is to blame.

    Also understood as such: `contracts.errors.Unavailable`, and an error of the database itself.
    """


class OutboxTask(BaseModel):
    """Something to do outside of the database. Each subclass names its `kind`, as `service.verb`.

    It is kept as JSON until it is done, maybe over an upgrade: a new field needs a default.
    """

    # What a mail says has no place in an error.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    kind: ClassVar[str]

    def key(self) -> str:
        """Its idempotency key, at most 200 characters. It follows from the event that enqueues it."""
        raise NotImplementedError

    def subject(self) -> str:
        """Whom it is about, as `kind/id`, at most 120 characters. Tasks of one kind and subject are carried out in the
        order in which they were enqueued."""
        raise NotImplementedError


def enqueue(session: Session, task: OutboxTask) -> None:
    """Have `task` carried out once the session's transaction is committed; nothing if its key is known.

    Enqueue before you append to the log: where two transactions enqueue the same key, one waits for the other.
    """
    enqueue_all(session, [task])


def enqueue_all(session: Session, tasks: Sequence[OutboxTask]) -> None:
    """`enqueue` for many in one statement."""
    if not tasks:
        return
    insert_or_ignore(session, outbox_task, [_row(task) for task in tasks])
    notify_runners(session)


def notify_runners(session: Session) -> None:
    """Wake the task runners of all processes with the commit. On SQLite there is one process, which knows."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


@contextmanager
def as_done() -> Iterator[None]:
    """Within the block what is enqueued counts as done: what a rebuild replays, or an import of old content brings,
    people were told long ago."""
    token = _as_done.set(True)
    try:
        yield
    finally:
        _as_done.reset(token)


def _row(task: OutboxTask) -> dict[str, Any]:
    now = clock.now()
    done = _as_done.get()
    return {
        "key": task.key(),
        "kind": task.kind,
        "subject": task.subject(),
        "data": {} if done else task.model_dump(mode="json"),
        "trace": current_trace(),
        "created_at": now,
        "deliveries": 0,
        "attempts": 0,
        "next_at": AT_ONCE,
        "error": "",
        "claim": "",
        "claimed_until": None,
        "done_at": now if done else None,
    }
