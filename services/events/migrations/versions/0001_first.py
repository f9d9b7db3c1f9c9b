"""The first tables of events."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_bus_tables
from core.columns import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_bus_tables()
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("author_id", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("original_language", sa.String(length=20), nullable=False),
        sa.Column("spoken", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("local_start", sa.DateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("recurrence", sa.String(length=300), nullable=True),
        sa.Column("expanded_until", Moment(), nullable=True),
        sa.Column("place_name", sa.String(length=100), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("latitude", sa.Float(precision=53), nullable=True),
        sa.Column("longitude", sa.Float(precision=53), nullable=True),
        sa.Column("venue", sa.String(length=300), nullable=False),
        sa.Column("online_url", sa.String(length=500), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text_revision", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_by_author", "event", ["author_id", "created_at"], unique=False)
    op.create_index("event_by_expansion", "event", ["expanded_until"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("event_id", sa.String(length=16), nullable=False),
        sa.Column("occurrence", sa.String(length=13), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("attending", sa.String(length=5), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
        ),
        sa.PrimaryKeyConstraint("event_id", "occurrence", "person_id"),
    )
    op.create_index(
        "attendance_by_time", "attendance", ["event_id", "occurrence", "since", "person_id"], unique=False
    )
    op.create_index(
        "attendance_of_person", "attendance", ["person_id", "event_id", "occurrence"], unique=False
    )
    op.create_table(
        "event_spoken",
        sa.Column("event_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
        ),
        sa.PrimaryKeyConstraint("event_id", "language"),
    )
    op.create_index("ix_event_spoken_language", "event_spoken", ["language"], unique=False)
    op.create_table(
        "event_tag",
        sa.Column("event_id", sa.String(length=16), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
        ),
        sa.PrimaryKeyConstraint("event_id", "tag"),
    )
    op.create_index("ix_event_tag_tag", "event_tag", ["tag"], unique=False)
    op.create_table(
        "event_version",
        sa.Column("event_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("translator_id", sa.String(length=16), nullable=True),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
        ),
        sa.PrimaryKeyConstraint("event_id", "language"),
    )
    op.create_table(
        "occurrence",
        sa.Column("event_id", sa.String(length=16), nullable=False),
        sa.Column("occurrence", sa.String(length=13), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
        ),
        sa.PrimaryKeyConstraint("event_id", "occurrence"),
    )
    op.create_index("occurrence_by_start", "occurrence", ["starts_at", "event_id"], unique=False)
    op.create_index("occurrence_of_event", "occurrence", ["event_id", "starts_at"], unique=False)
