"""The official categories of the forum, whose topics are announcements."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table; a category's next change, or a rebuild, says which are official."""
    op.create_table(
        "official_category",
        sa.Column("slug", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
