"""Invitations to the site."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "site_invitation",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("by_id", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index("site_invitation_by_time", "site_invitation", ["created_at", "id"])
    op.create_table(
        "signed_up_by",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("invitation_id", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invitation_id"], ["site_invitation.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
