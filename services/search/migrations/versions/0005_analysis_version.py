"""The version of the analysis by which the index was made."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table. It is empty for an index that was made before: `env.py` analyses that one again."""
    op.create_table(
        "analysis",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
