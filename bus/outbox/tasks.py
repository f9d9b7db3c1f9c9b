"""Effects outside of the database, such as a mail or a push message: asked for in the transaction that changes state,
performed after it.

An action or a handler asks: `enqueue(session, SendMail(…))` writes a row beside the state, the event or the cursor, so
there is never one without the other (a transactional outbox for side effects). A method of the service performs it,
outside of any transaction:

    @task_handler(SendMail)
    def send_mail(self, mail: SendMail, key: str, begun: int) -> None: …

When it returns, the effect is done. When it raises, it is tried again after growing, jittered delays, and parked at
last; later effects of its kind and subject wait behind it, all others flow on. When it raises `Outage` (the mail server
refuses every connection), all of its kind wait, and nothing is given up.

**Once, in effect.** A process may die after it performed and before the database knows. The effect is then performed
again, with the same `key`, so the receiver has to know it by its key:

- mail: a `Message-ID` made from the key, by which mail programs and lists drop the second;
- web push: the key, hashed to what fits, as `Topic` and as the notification's tag: the second replaces the first;
- another site's API: the key as `Idempotency-Key`;
- a receiver that can't be told: `begun` above 1 says that it may have happened already, and the performer looks first.

**Keys follow from the event** (its id, and who is told), never from chance or the clock: whatever is asked again, by a
repeated request or a rebuild, is known by its key and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bus.eventlog.schema import effect as effect_table
from bus.ops.tracing import current_trace
from core import clock

CHANNEL = "effect"
"""PostgreSQL tells on it that there is something to perform."""
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""Due by any clock: the one that asks and the database's may differ."""

_as_performed: ContextVar[bool] = ContextVar("as_done", default=False)


class Outage(Exception):
    """What a performer raises when whatever it needs is away as a whole: nothing was done, and no effect is to blame.

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
        """By what it is known everywhere, at most 200 characters. It follows from the event that asks for it."""
        raise NotImplementedError

    def subject(self) -> str:
        """Whom it is about, as `kind/id`, at most 120 characters. Effects of one kind and subject are performed in
        the order in which they were asked."""
        raise NotImplementedError


def enqueue(session: Session, effect: OutboxTask) -> None:
    """Have `effect` performed once the session's transaction is committed; nothing if its key is known.

    Ask before you append to the log: where two transactions ask for the same key, one waits for the other.
    """
    enqueue_all(session, [effect])


def enqueue_all(session: Session, effects: Sequence[OutboxTask]) -> None:
    """`ask` for many in one statement."""
    if not effects:
        return
    postgres = session.get_bind().dialect.name == "postgresql"
    insert: Any = postgresql.insert if postgres else sqlite.insert
    session.execute(
        insert(effect_table).on_conflict_do_nothing(index_elements=["key"]),
        [_row(effect) for effect in effects],
    )
    if postgres:
        notify(session)


def notify(session: Session) -> None:
    """Wake the performers, wherever they run, with the commit. On SQLite they hear of every commit by themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


@contextmanager
def as_done() -> Iterator[None]:
    """Within the block what is asked counts as performed: what a rebuild replays, or an import of old content
    brings, was told to people long ago."""
    token = _as_performed.set(True)
    try:
        yield
    finally:
        _as_performed.reset(token)


def _row(effect: OutboxTask) -> dict[str, Any]:
    now = clock.now()
    performed = _as_performed.get()
    return {
        "key": effect.key(),
        "kind": effect.kind,
        "subject": effect.subject(),
        "data": {} if performed else effect.model_dump(mode="json"),
        "trace": current_trace(),
        "created_at": now,
        "begun": 0,
        "attempts": 0,
        "next_at": AT_ONCE,
        "error": "",
        "claim": "",
        "claimed_until": None,
        "done_at": now if performed else None,
    }
