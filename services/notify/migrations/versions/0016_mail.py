"""Notifications by mail: when each person wants them, and what waits. Nothing of before goes out."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables, and to notifications when they go out."""
    op.add_column("notification", sa.Column("mail", sa.String(5), nullable=False, server_default="page"))
    op.add_column("notification", sa.Column("mailed_at", Moment, nullable=True))
    op.create_table(
        "mail_choice",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("by_reason", Json, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("refused", sa.String(20), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "mail_waiting",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("thread", sa.String(80), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "thread"),
    )
    op.create_index("mail_waiting_by_due", "mail_waiting", ["due_at"])
    op.create_table(
        "last_active",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index("last_active_by_time", "last_active", ["at"])
