"""Former names of people, and when they took their present one."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the table and the column."""
    op.add_column("person", sa.Column("renamed_at", Moment, nullable=True))
    op.create_table(
        "former_name",
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name_key"),
    )
    op.create_index("former_name_by_person", "former_name", ["person_id"])
    op.create_index("former_name_by_end", "former_name", ["until"])
