"""Messages to phones: devices, for which reasons they get messages, and what waits."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "push_device",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("endpoint_hash", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("p256dh", sa.String(200), nullable=False),
        sa.Column("auth", sa.String(200), nullable=False),
        sa.Column("session_id", sa.String(16), nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("group_words", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("reached_at", Moment, nullable=True),
        sa.Column("failing_since", Moment, nullable=True),
        sa.Column("told_at", Moment, nullable=True),
        sa.Column("lost_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("endpoint_hash"),
    )
    op.create_index("push_device_by_person", "push_device", ["person_id"])
    op.create_table(
        "push_choice",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "push_waiting",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("notification_id", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("thread", sa.String(80), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "notification_id"),
    )
    op.create_index("push_waiting_by_due", "push_waiting", ["due_at"])
    op.create_table(
        "push_sent",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("thread", sa.String(80), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "thread"),
    )
    op.create_index("push_sent_by_time", "push_sent", ["at"])
