"""The HTML and the plain text of each version of an event are stored with it."""

import sqlalchemy as sa
from alembic import op

from core.cooked_migration import add_cooked_columns, fill_cooked

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, and fill them for the texts that there are."""
    add_cooked_columns("event_version")
    op.add_column("event_version", sa.Column("plain", sa.Text(), nullable=False, server_default=""))
    fill_cooked("event_version", ["event_id", "language"], also=["plain"])
