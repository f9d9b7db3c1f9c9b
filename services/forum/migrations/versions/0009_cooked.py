"""The HTML of each post and translation is stored with it, and the beginning of each post."""

import sqlalchemy as sa
from alembic import op

from core.cooked_migration import add_cooked_columns, fill_cooked

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, and fill them for the texts that there are."""
    for name in ("post", "topic_version"):
        add_cooked_columns(name)
    op.add_column("post", sa.Column("excerpt", sa.String(300), nullable=False, server_default=""))
    fill_cooked("post", ["id"], also=["excerpt"])
    fill_cooked("topic_version", ["topic_id", "language"])
