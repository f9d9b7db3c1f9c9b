"""The first tables: follows, notifications, replicas, and the bus's own."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_bus_tables
from core.columns import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_bus_tables()
    _own()
    _replicas()


def _own() -> None:
    op.create_table(
        "follow",
        sa.Column("person_id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("target", sa.String(120), primary_key=True),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Index("follow_by_target", "kind", "target"),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("source_id", sa.String(16), nullable=False),
        sa.Column("what", sa.String(80), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("actor_id", sa.String(16)),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("excerpt", sa.String(400), nullable=False),
        sa.Column("path", sa.String(400), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.Column("audience", sa.String(30), nullable=False),
        sa.Column("is_read", sa.Boolean, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.UniqueConstraint("source_id", "person_id", name="notification_once"),
        sa.Index("notification_by_person", "person_id", "id"),
        sa.Index("notification_unread", "person_id", "is_read"),
        sa.Index("notification_by_subject", "subject"),
        sa.Index("notification_by_item", "item"),
    )


def _replicas() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("languages", Json, nullable=False),
        sa.Column("joined_at", Moment, nullable=False),
        sa.Index("person_by_name", "name_key"),
    )
    op.create_table(
        "group_member",
        sa.Column("audience", sa.String(30), primary_key=True),
        sa.Column("person_id", sa.String(16), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Index("group_member_by_person", "person_id"),
    )
    op.create_table(
        "topic",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("original_language", sa.String(20), nullable=False),
        sa.Column("titles", Json, nullable=False),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("author_id", sa.String(16), nullable=False),
        sa.Column("mentions", Json, nullable=False),
    )
    op.create_table(
        "event_seen",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("plan", Json, nullable=False),
    )
    op.create_table(
        "attendance",
        sa.Column("event_id", sa.String(16), primary_key=True),
        sa.Column("occurrence", sa.String(20), primary_key=True),
        sa.Column("person_id", sa.String(16), primary_key=True),
        sa.Column("since", Moment, nullable=False),
    )
