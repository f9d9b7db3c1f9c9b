"""Outbox tasks: work outside the database, such as sending mail (transactional outbox pattern).

An action or event handler calls `enqueue(session, SendMail(…))`, which inserts a row in the transaction that changes
the state: either both are committed or neither. After the commit a method of the service carries the task out, outside
of any transaction:

    @task_handler(SendMail)
    def send_mail(self, mail: SendMail, key: str, attempt: int) -> None: …

If it returns, the task is done. If it raises, it is retried with backoff and in the end dead-lettered; later tasks of
the same kind and subject wait meanwhile, all others go on. If it raises `Outage` (such as when the mail server refuses
every connection), all tasks of the kind are paused and none is dead-lettered. If it raises `PermanentFailure`, the task
is dead-lettered at once.

**Idempotency.** A process may die after the handler returned and before that is recorded. The task is then carried out
again with the same `key`, by which the receiver must recognise it:

- mail: a `Message-ID` made from the key, by which mail programs and lists drop the second copy;
- web push: the key, hashed and shortened, as `Topic` (RFC 8030, section 5.4) and as the notification's tag, so that the
  second message replaces the first;
- an HTTP API: the key as `Idempotency-Key`;
- a receiver without keys: if `attempt` is above 1 the handler must first check whether the task was carried out.

**Keys are derived from the event** (its id, and who is notified), never from random numbers or the clock: a task that
is enqueued again, by a repeated request or a rebuild, is recognised by its key and ignored.
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
"""The channel of PostgreSQL's notifications that a task was enqueued."""

_as_done: ContextVar[bool] = ContextVar("as_done", default=False)


class Outage(Exception):
    """To be raised by a handler if what it needs is unavailable as a whole: nothing was done, and no fault of the task.

    `contracts.errors.Unavailable` and errors of the database connection are treated alike.
    """


class PermanentFailure(Exception):
    """To be raised by a handler if the task can never succeed: it is dead-lettered at once, not retried."""


class OutboxTask(BaseModel):
    """Base of the outbox tasks. Each subclass sets its `kind`, as `service.verb`.

    A task is stored as JSON, possibly by an older release, so a new field needs a default.
    """

    # Errors are stored and logged, so they must not contain the text of a mail.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    kind: ClassVar[str]

    def key(self) -> str:
        """The idempotency key, at most 200 characters, derived from the event that causes the task."""
        raise NotImplementedError

    def subject(self) -> str:
        """What or whom it is about, as `kind/id`, at most 120 characters.

        Tasks of the same kind and subject are carried out in the order in which they were enqueued.
        """
        raise NotImplementedError


def enqueue(session: Session, task: OutboxTask) -> None:
    """Have `task` carried out after the session's transaction commits. Does nothing if its key was enqueued before.

    Enqueue before appending to the log: of two transactions that enqueue the same key one waits for the other, and must
    not hold the log's lock meanwhile.
    """
    enqueue_all(session, [task])


def enqueue_all(session: Session, tasks: Sequence[OutboxTask]) -> None:
    """`enqueue` for many in one statement."""
    if not tasks:
        return
    insert_or_ignore(session, outbox_task, [_row(task) for task in tasks])
    notify_runners(session)


def notify_runners(session: Session) -> None:
    """Wake the task runners of all processes with the commit. On SQLite the one process wakes its own."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


@contextmanager
def as_done() -> Iterator[None]:
    """Within the block enqueued tasks count as done: for a rebuild, which replays old events, and for imports."""
    token = _as_done.set(True)
    try:
        yield
    finally:
        _as_done.reset(token)


def counts_as_done() -> bool:
    """Whether what is enqueued now counts as done: for what is put off until it is enqueued."""
    return _as_done.get()


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
