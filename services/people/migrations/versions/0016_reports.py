"""Reports, the moderators' cases, decisions and appeals; until when somebody is silenced or suspended."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the tables, and the two columns of a person."""
    op.add_column("person", sa.Column("silenced_until", Moment, nullable=True))
    op.add_column("person", sa.Column("suspended_until", Moment, nullable=True))
    op.create_table(
        "moderation_case",
        sa.Column("id", sa.String(16), nullable=False),
        *_item(),
        sa.Column("open_key", sa.String(40), nullable=True),
        sa.Column("appeal_of", sa.String(16), nullable=True),
        sa.Column("decision_id", sa.String(16), nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("claimed_by", sa.String(16), nullable=True),
        sa.Column("claimed_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key"),
    )
    op.create_index("moderation_case_by_audience", "moderation_case", ["audience", "opened_at", "id"])
    op.create_index("moderation_case_by_closing", "moderation_case", ["closed_at"])
    op.create_table(
        "case_snapshot",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("taken_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "digest", name="case_snapshot_once"),
    )
    op.create_table(
        "case_report",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("reporter_id", sa.String(16), nullable=True),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("snapshot_id", sa.String(16), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "reporter_id", name="case_report_once"),
    )
    op.create_index("case_report_by_reporter", "case_report", ["reporter_id", "at"])
    op.create_table(
        "case_entry",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by_id", sa.String(16), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_entry_by_case", "case_entry", ["case_id", "at", "id"])
    op.create_table(
        "case_decision",
        sa.Column("id", sa.String(16), nullable=False),
        *_item(),
        sa.Column("measures", Json, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("until", Moment, nullable=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by_id", sa.String(16), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("appeal", sa.Text(), nullable=False),
        sa.Column("appealed_at", Moment, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", Moment, nullable=True),
        sa.Column("overturned_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_decision_by_time", "case_decision", ["at", "id"])
    op.create_index("case_decision_by_subject", "case_decision", ["subject_id", "until"])


def _item() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("item_id", sa.String(16), nullable=False),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("audience", sa.String(30), nullable=False),
        sa.Column("subject_id", sa.String(16), nullable=True),
    ]
