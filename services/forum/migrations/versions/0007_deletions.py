"""Deletions with their reasons: a deleted topic names the deletion that hides it."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the log of deletions, and to each topic the deletion that it is under, at first none, and whether the article
    that it discusses is deleted."""
    op.create_table(
        "deletion",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("item_id", sa.String(16), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("audience", sa.String(30), nullable=False),
        sa.Column("author_id", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by_id", sa.String(16), nullable=False),
        sa.Column("restored_at", Moment, nullable=True),
        sa.Column("restored_by", sa.String(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("deletion_key")),
    )
    op.create_index("deletion_by_time", "deletion", ["at", "id"])
    op.add_column("topic", sa.Column("deletion_id", sa.String(16), nullable=True))
    op.add_column(
        "topic", sa.Column("article_deleted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
