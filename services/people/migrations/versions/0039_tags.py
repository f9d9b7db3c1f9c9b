"""Tags that administrators replaced."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "tag_change",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("tag_into", sa.String(40), nullable=True),
        sa.Column("by_id", sa.String(16), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("done", Json, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tag_change_by_time", "tag_change", ["at", "id"])
    op.create_table(
        "former_tag",
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("now", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
    )
    op.create_index("former_tag_by_now", "former_tag", ["now"])
