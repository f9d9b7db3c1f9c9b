"""The tables that every service's database has for the bus, as they are now.

`bus/eventlog/migrations.py` has the steps that make them; a change here is a new step there and a new migration in
each service.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from core.columns import Json, Moment

metadata = MetaData()

event_log = Table(
    "event_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(16), nullable=False, unique=True),
    Column("type", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", String(80), nullable=False),
    Column("audience", String(30), nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("trace", String(60), nullable=False),
    Column("data", Json, nullable=False),
)
"""What happened, in order. `seq` rises by one without holes; rows are never changed or deleted."""

relay_mark = Table(
    "relay_mark",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""How far the relay has handed the log to the broker, by the broker's own confirmation."""

cursor = Table(
    "cursor",
    metadata,
    Column("subscription", String(40), primary_key=True),
    Column("producer", String(40), primary_key=True),
    Column("lane", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("event_id", String(16), nullable=False, server_default=""),
    Column("trouble", Text, nullable=False, server_default=""),
)
"""Up to which `seq` of a producer's log a subscription's effects are in this database, for each lane of subjects
(`bus/consumer/partitions.py`), and the id of the event there: if the log has another one at that place, it is not the
log that was read. `trouble` says so, and stops the subscription."""

held = Table(
    "held",
    metadata,
    Column("subscription", String(40), primary_key=True),
    Column("producer", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(80), nullable=False),
    Column("event", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment),
    Column("error", Text, nullable=False),
    Index("held_by_subject", "subscription", "producer", "subject", "seq"),
)
"""Events that a handler could not take yet, and those of the same subject that came after: `next_at` is when the first
of a subject is tried again; None parks the subject."""

handled_request = Table(
    "handled_request",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("result", Json, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Answers of writes that carried an idempotency key, so that a repeated request gets the first one's answer."""

effect = Table(
    "effect",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("data", Json, nullable=False),
    Column("trace", String(60), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("begun", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment),
    Column("error", Text, nullable=False),
    Column("claim", String(16), nullable=False),
    Column("claimed_until", Moment),
    Column("done_at", Moment),
)
"""What is to be done outside of the database, once for each `key`, in order of `number` for each kind and subject.

`begun` counts how often it was handed to a performer, `attempts` those that count against it. `next_at` is when it
is due; None parks it. A process that performs it holds a `claim` until `claimed_until`. One that is done has a
`done_at` and no data any more; its key stays known until it is purged."""

_WAITING = effect.c.done_at.is_(None)
_DONE = effect.c.done_at.is_not(None)
Index(
    "effect_waiting", effect.c.kind, effect.c.number, sqlite_where=_WAITING, postgresql_where=_WAITING
)  # fmt: skip
Index(
    "effect_by_subject", effect.c.kind, effect.c.subject, effect.c.number,
    sqlite_where=_WAITING, postgresql_where=_WAITING,
)  # fmt: skip
Index("effect_done", effect.c.done_at, sqlite_where=_DONE, postgresql_where=_DONE)
