"""People who are to vanish, or have; and their names, which nobody can take for a time."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("person", sa.Column("vanishes_at", Moment, nullable=True))
    op.add_column("person", sa.Column("vanished_at", Moment, nullable=True))
    op.create_index("ix_person_vanishes_at", "person", ["vanishes_at"])
    op.create_table(
        "reserved_name",
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    op.create_index("reserved_name_by_end", "reserved_name", ["until"])
