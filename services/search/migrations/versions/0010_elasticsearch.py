"""Which index in Elasticsearch belongs to the database, and what that has yet to get."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "elasticsearch_index",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("analysis", sa.Integer(), nullable=False),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "pending_document",
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", Json, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    op.create_index("pending_document_by_version", "pending_document", ["version"])
