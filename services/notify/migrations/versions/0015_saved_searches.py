"""The texts of searches that people follow."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("query", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
