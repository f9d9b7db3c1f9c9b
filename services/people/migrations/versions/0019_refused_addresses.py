"""Addresses that a mail server has refused."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "person", sa.Column("new_email_refused", sa.Boolean, nullable=False, server_default=sa.false())
    )
