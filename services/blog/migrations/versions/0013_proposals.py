"""Changes of published articles can be proposed."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table of proposals."""
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("article_id", sa.String(16), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("author_id", sa.String(16), nullable=False),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("changes", Json, nullable=False),
        sa.Column("replaced", Json, nullable=False),
        sa.Column("picture_id", sa.String(16), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(16), nullable=True),
        sa.Column("decided_at", Moment, nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("proposal_article_id_of_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("proposal_key")),
    )
    op.create_index("proposal_by_status", "proposal", ["status", "created_at", "id"])
    op.create_index("proposal_by_article", "proposal", ["article_id", "created_at"])
    op.create_index("proposal_by_author", "proposal", ["author_id", "created_at"])
    op.create_index(op.f("proposal_by_picture_id"), "proposal", ["picture_id"])
