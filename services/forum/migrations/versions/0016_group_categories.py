"""Categories that belong to a group."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Those that there are are for everybody."""
    op.add_column("category", sa.Column("audience", sa.String(30), nullable=False, server_default="public"))
