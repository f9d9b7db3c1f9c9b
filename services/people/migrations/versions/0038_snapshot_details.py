"""What items that wait for review say beside title and text."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Snapshots of before have none."""
    op.add_column("case_snapshot", sa.Column("details", Json, nullable=False, server_default="[]"))
