"""Reports of members can hide an item until a moderator has read it."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Add the columns; nothing is hidden by the reports of before."""
    op.add_column(
        "moderation_case", sa.Column("member_score", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("moderation_case", sa.Column("automatic_id", sa.String(16), nullable=True))
