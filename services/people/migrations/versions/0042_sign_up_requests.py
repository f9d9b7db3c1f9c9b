"""Requests for an account, by people with a wiki account."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sign_up_request",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("wiki", sa.String(200), nullable=False),
        sa.Column("central_id", sa.String(20), nullable=False),
        sa.Column("username", sa.String(255), nullable=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("email", sa.String(200), nullable=True),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("answered_at", Moment, nullable=True),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("invitation_id", sa.String(16), nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["site_invitation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("wiki", "central_id"),
    )
    op.create_index("sign_up_request_by_time", "sign_up_request", ["asked_at", "id"])
    op.create_index("sign_up_request_by_end", "sign_up_request", ["expires_at"])
