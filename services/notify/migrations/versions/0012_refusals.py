"""Of whose acts people are not notified."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table; nobody has refused anything before."""
    op.create_table(
        "refusal",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "actor_id"),
    )
