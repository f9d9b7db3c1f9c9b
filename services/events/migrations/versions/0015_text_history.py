"""Earlier texts of events are kept, and can be withheld."""

import sqlalchemy as sa
from alembic import op

from core.revision_migration import add_history

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table and columns. Who wrote the present text of an original was not noted; a translation's translator is
    who wrote it last."""
    add_history("event", "event_revision", "event_version", withholds="withholds")
    op.add_column("event_version", sa.Column("changed_by", sa.String(16), nullable=True))
    op.execute("UPDATE event_version SET changed_by = translator_id")
