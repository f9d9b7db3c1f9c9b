"""What was merged into something else that people follow."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table; nothing was merged before."""
    op.create_table(
        "former_target",
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target", sa.String(120), nullable=False),
        sa.Column("now", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("kind", "target"),
    )
    op.create_index("former_target_by_now", "former_target", ["kind", "now"])
