"""What a person follows that led to a notification; unknown for those there are."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("notification", sa.Column("followed", Json, nullable=False, server_default="[]"))
