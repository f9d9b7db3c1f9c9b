"""The log of administrators' decisions."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the log, at first empty."""
    op.create_table(
        "decision",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by_id", sa.String(16), nullable=True),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("item", sa.String(100), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("decision_key")),
    )
    op.create_index("decision_by_time", "decision", ["at", "id"])
    op.create_index("decision_by_item", "decision", ["item", "at", "id"])
