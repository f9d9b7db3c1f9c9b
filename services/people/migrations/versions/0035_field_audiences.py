"""Who sees a field of a profile: as before, everybody."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the column."""
    op.add_column("person", sa.Column("field_audiences", Json, nullable=False, server_default="{}"))
