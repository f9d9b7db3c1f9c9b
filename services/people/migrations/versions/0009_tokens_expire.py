"""API tokens expire, those that were made before 90 days from now; and the day of their last use."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("api_token") as table:
        table.add_column(sa.Column("expires_at", Moment, nullable=True))
        table.add_column(sa.Column("last_used_on", sa.Date, nullable=True))
    token = sa.table("api_token", sa.column("expires_at", Moment))
    op.execute(sa.update(token).values(expires_at=datetime.now(UTC) + timedelta(days=90)))
    with op.batch_alter_table("api_token") as table:
        table.alter_column("expires_at", existing_type=Moment, nullable=False)
