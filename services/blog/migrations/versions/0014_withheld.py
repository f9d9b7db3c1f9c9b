"""Earlier texts can be withheld from the history."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns; no text is withheld."""
    op.add_column("article_revision", sa.Column("withheld_at", Moment, nullable=True))
    op.add_column("article_revision", sa.Column("withheld_by", sa.String(16), nullable=True))
    op.add_column("article_revision", sa.Column("withheld_reason", sa.String(500), nullable=True))
    op.add_column("article", sa.Column("withholds", sa.Boolean(), nullable=False, server_default=sa.false()))
