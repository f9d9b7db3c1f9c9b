"""Categories can be closed, and the log of administrators' decisions about them."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the log, at first empty; no category is closed."""
    op.add_column("category", sa.Column("closed", sa.Boolean(), nullable=False, server_default=sa.false()))
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
