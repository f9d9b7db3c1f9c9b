"""What decisions of moderators replaced, to put it back if they are overturned."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the table. No decision has replaced anything yet."""
    op.create_table(
        "decided_change",
        sa.Column("decision_id", sa.String(16), nullable=False),
        sa.Column("item_id", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("withheld", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(100), nullable=False),
        sa.Column("moved_to", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("decided_change_key")),
    )
    op.create_index("decided_change_by_time", "decided_change", ["at"])
