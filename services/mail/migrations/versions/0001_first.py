"""The first tables of mail."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog import migrations as bus
from core.columns import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables: those of the bus as they are by now, and its own."""
    bus.create_bus_tables()
    bus.create_effect_table()
    bus.give_cursors_lanes()
    bus.use_standard_names()
    bus.create_stale_subjects()
    bus.number_public_events()
    bus.index_events_by_type()
    op.create_table(
        "incoming_mail",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(400), nullable=False),
        sa.Column("recipient", sa.String(400), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="incoming_mail_key"),
    )
    op.create_index("incoming_mail_by_received", "incoming_mail", ["received_at"])
    op.create_table(
        "mail_count",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("hour", Moment, nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "hour", name="mail_count_key"),
    )
    op.create_index("mail_count_by_hour", "mail_count", ["hour"])
    op.create_table(
        "held_reply",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("topic_id", sa.String(16), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answers", sa.String(400), nullable=False, server_default=""),
        sa.Column("post_id", sa.String(16), nullable=False, server_default=""),
        sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("received_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="held_reply_key"),
    )
    op.create_index("held_reply_by_person", "held_reply", ["person_id", "received_at"])
    op.create_index("held_reply_by_received", "held_reply", ["received_at"])
    op.create_table(
        "soft_bounce",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="soft_bounce_key"),
    )
    op.create_index("soft_bounce_by_person", "soft_bounce", ["person_id", "at"])
    op.create_index("soft_bounce_by_time", "soft_bounce", ["at"])
