"""Pronouns and a website in profiles: nobody has any yet."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("person", sa.Column("pronouns", sa.String(40), nullable=False, server_default=""))
    op.add_column("person", sa.Column("website", sa.String(200), nullable=False, server_default=""))
