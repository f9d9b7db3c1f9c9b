"""Notifications of what is deleted are hidden until it is restored."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add whether a notification is hidden; none is at first."""
    op.add_column(
        "notification", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false())
    )
