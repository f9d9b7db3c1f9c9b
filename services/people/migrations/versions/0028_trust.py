"""Who is new, and cases of items that wait for review."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the tables, at first empty: the logs of the services that people write to say who is new."""
    op.create_table(
        "trust",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("given", sa.String(10), nullable=False),
        sa.Column("member_since", Moment, nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("lost_by", sa.String(16), nullable=True),
        sa.Column("member_before", Moment, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "active_day",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "day"),
    )
    op.add_column(
        "moderation_case", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("moderation_case", sa.Column("findings", Json, nullable=True))
