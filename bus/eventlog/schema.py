"""The current tables of the bus, which every service's database has.

`bus/eventlog/migrations.py` has the steps that create them. A change here needs a new step there, and a new migration
in each service.
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
    Column("public_seq", BigInteger),
    Index("event_log_by_public_seq", "public_seq", unique=True),
    Index("event_log_by_type", "type", "subject"),
)
"""The events in order. `seq` counts from 1 without gaps; rows are never deleted, nor changed but by
`bus/eventlog/redaction.py`. `public_seq` counts the public events alone, also from 1 without gaps, and is None for all
others: it is the number that other programs see. `event_log_by_type` is for redaction."""


relay_offset = Table(
    "relay_offset",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""Up to which `seq` the broker has confirmed the log."""

stale_subject = Table(
    "stale_subject",
    metadata,
    Column("subject", String(80), primary_key=True),
)
"""Subjects whose state a migration has changed: the service publishes their present state (`bus/eventlog/stale.py`)."""

consumer_offset = Table(
    "consumer_offset",
    metadata,
    Column("subscription", String(40), primary_key=True),
    Column("producer", String(40), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("event_id", String(16), nullable=False, server_default=""),
    Column("halt_reason", Text, nullable=False, server_default=""),
)
"""Up to which `seq` of a producer's log a subscription's effects are in this database, for each partition
(`bus/consumer/partitions.py`), and the id of the event there: if the log has another one at that `seq`, it is not the
log that was read. `halt_reason` says so, and stops the subscription."""

failed_event = Table(
    "failed_event",
    metadata,
    Column("subscription", String(40), primary_key=True),
    Column("producer", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(80), nullable=False),
    Column("event", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment),
    Column("error", Text, nullable=False),
    Index("failed_event_by_subject", "subscription", "producer", "subject", "seq"),
)
"""Events whose handler failed, and later events of the same subjects. `next_at` is when the first event of a subject is
tried again; None: the subject is dead-lettered."""

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("result", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index("idempotency_key_by_time", "at"),
)
"""Results of writes that had an idempotency key, to return to repeated requests."""

outbox_task = Table(
    "outbox_task",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("data", Json, nullable=False),
    Column("trace", String(60), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment),
    Column("error", Text, nullable=False),
    Column("claim", String(16), nullable=False),
    Column("claimed_until", Moment),
    Column("done_at", Moment),
)
"""Outbox tasks, one for each `key`. Tasks of the same kind and subject are carried out in the order of `number`.

`deliveries` counts how often a task was given to a handler; `attempts` leaves out those that ended in an outage.
`next_at` is when it is due; None: it is dead-lettered. The process that handles it has a `claim` until `claimed_until`.
A task that is done has `done_at`, and its `data` is deleted; its key stays until it is purged."""

_OPEN = outbox_task.c.done_at.is_(None)
_DONE = outbox_task.c.done_at.is_not(None)
Index(
    "outbox_task_open", outbox_task.c.kind, outbox_task.c.number, sqlite_where=_OPEN, postgresql_where=_OPEN
)  # fmt: skip
Index(
    "outbox_task_by_subject", outbox_task.c.kind, outbox_task.c.subject, outbox_task.c.number,
    sqlite_where=_OPEN, postgresql_where=_OPEN,
)  # fmt: skip
Index("outbox_task_done", outbox_task.c.done_at, sqlite_where=_DONE, postgresql_where=_DONE)
