"""The steps by which a service's database got the tables of `bus/eventlog/schema.py`: a function for each migration.

They are written out and not made from today's tables, for a migration that has run must not change. A change to the
tables is a new function here and a new migration in each service.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment


def create_bus_tables() -> None:
    """0001: the log, the relay's mark, cursors, what is held, and answered requests."""
    op.create_table(
        "event_log",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(16), nullable=False, unique=True),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("audience", sa.String(30), nullable=False),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("trace", sa.String(60), nullable=False),
        sa.Column("data", Json, nullable=False),
    )
    op.create_table(
        "relay_mark",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "cursor",
        sa.Column("subscription", sa.String(40), primary_key=True),
        sa.Column("producer", sa.String(40), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(16), nullable=False, server_default=""),
        sa.Column("trouble", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "held",
        sa.Column("subscription", sa.String(40), primary_key=True),
        sa.Column("producer", sa.String(40), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("event", Json, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Moment),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("held_by_subject", "held", ["subscription", "producer", "subject", "seq"])
    op.create_table(
        "handled_request",
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("result", Json, nullable=False),
        sa.Column("at", Moment, nullable=False),
    )


def create_effect_table() -> None:
    """0002: effects outside of the database."""
    op.create_table(
        "effect",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("trace", sa.String(60), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("begun", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Moment),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("claim", sa.String(16), nullable=False),
        sa.Column("claimed_until", Moment),
        sa.Column("done_at", Moment),
    )
    for name, columns, done in (
        ("effect_waiting", ["kind", "number"], "IS NULL"),
        ("effect_by_subject", ["kind", "subject", "number"], "IS NULL"),
        ("effect_done", ["done_at"], "IS NOT NULL"),
    ):
        condition = sa.text(f"done_at {done}")
        op.create_index(name, "effect", columns, sqlite_where=condition, postgresql_where=condition)


def give_cursors_lanes(lanes: int = 8) -> None:
    """0003: each cursor becomes one for each lane of subjects, all at the same place."""
    old = sa.table(
        "cursor",
        *(sa.column(name) for name in ("subscription", "producer", "seq", "event_id", "trouble")),
    )
    places = [dict(row) for row in op.get_bind().execute(sa.select(old)).mappings()]
    op.drop_table("cursor")
    made = op.create_table(
        "cursor",
        sa.Column("subscription", sa.String(40), primary_key=True),
        sa.Column("producer", sa.String(40), primary_key=True),
        sa.Column("lane", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(16), nullable=False, server_default=""),
        sa.Column("trouble", sa.Text, nullable=False, server_default=""),
    )
    op.bulk_insert(made, [{**place, "lane": lane} for place in places for lane in range(lanes)])


def use_standard_names() -> None:
    """0004: tables, columns and indexes get the field's standard names; their rows stay."""
    op.drop_index("held_by_subject", "held")
    for index in ("effect_waiting", "effect_by_subject", "effect_done"):
        op.drop_index(index, "effect")
    for old, new in (
        ("relay_mark", "relay_offset"),
        ("cursor", "consumer_offset"),
        ("held", "failed_event"),
        ("handled_request", "idempotency_key"),
        ("effect", "outbox_task"),
    ):
        op.rename_table(old, new)
    # SQLite and PostgreSQL have the same statement for it; Alembic would copy the table on SQLite.
    op.execute("ALTER TABLE consumer_offset RENAME COLUMN lane TO partition")
    op.execute("ALTER TABLE consumer_offset RENAME COLUMN trouble TO halt_reason")
    op.execute("ALTER TABLE outbox_task RENAME COLUMN begun TO deliveries")
    op.create_index("failed_event_by_subject", "failed_event", ["subscription", "producer", "subject", "seq"])
    op.create_index("idempotency_key_by_time", "idempotency_key", ["at"])
    for name, columns, done in (
        ("outbox_task_open", ["kind", "number"], "IS NULL"),
        ("outbox_task_by_subject", ["kind", "subject", "number"], "IS NULL"),
        ("outbox_task_done", ["done_at"], "IS NOT NULL"),
    ):
        condition = sa.text(f"done_at {done}")
        op.create_index(name, "outbox_task", columns, sqlite_where=condition, postgresql_where=condition)


def create_stale_subjects() -> None:
    """0005: the subjects whose state a migration has changed."""
    op.create_table("stale_subject", sa.Column("subject", sa.String(80), primary_key=True))


def number_public_events() -> None:
    """The public events of a log get a number of their own, in their order."""
    op.add_column("event_log", sa.Column("public_seq", sa.BigInteger))
    # Not one by one: a log may be long.
    op.execute(
        "UPDATE event_log SET public_seq = counted.number FROM"
        " (SELECT seq, row_number() OVER (ORDER BY seq) AS number FROM event_log WHERE audience = 'public') AS counted"
        " WHERE event_log.seq = counted.seq"
    )
    op.create_index("event_log_by_public_seq", "event_log", ["public_seq"], unique=True)


def index_events_by_type() -> None:
    """Events are found by their type and subject, to take out of them what is known of somebody."""
    op.create_index("event_log_by_type", "event_log", ["type", "subject"])
