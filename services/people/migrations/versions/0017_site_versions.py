"""The site's own words, by versions."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table, at first empty: the operator's settings and the interface's own texts count."""
    op.create_table(
        "site_version",
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("renderer", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("by_id", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("kind", "language", "revision", name=op.f("site_version_key")),
    )
