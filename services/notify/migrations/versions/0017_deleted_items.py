"""Deleted items, of which nobody is notified for a search that found them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "deleted_item",
        sa.Column("item", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("item"),
    )
