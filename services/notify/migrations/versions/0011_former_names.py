"""Names that people had, by which texts still mention them."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table; there was no other name before."""
    op.create_table(
        "former_name",
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name_key"),
    )
    op.create_index("former_name_by_person", "former_name", ["person_id"])
