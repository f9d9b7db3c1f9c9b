"""Linked wiki accounts, and forms that wait for a sign-in at the wiki."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "wiki_account",
        sa.Column("wiki", sa.String(200), nullable=False),
        sa.Column("central_id", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("username", sa.String(255), nullable=True),
        sa.Column("trusted_from_wiki", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("linked_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("wiki", "central_id"),
        sa.UniqueConstraint("person_id"),
    )
    op.create_table(
        "kept_form",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("kept_form_by_end", "kept_form", ["expires_at"])
