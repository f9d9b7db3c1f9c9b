"""Earlier titles and translations of topics are kept, and can be withheld."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment
from core.revision_migration import add_history

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the table and columns. Who gave a topic its present title was not noted."""
    add_history("topic", "topic_revision", "topic_version", withholds="withholds_titles")
    op.add_column("topic", sa.Column("titled_by", sa.String(16), nullable=True))
    op.add_column("topic", sa.Column("titled_at", Moment, nullable=True))
