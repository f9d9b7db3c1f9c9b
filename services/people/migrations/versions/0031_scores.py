"""Cases have the score of their reports, and what was done automatically because of it."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the columns; of cases of before the score is 0."""
    op.add_column("case_report", sa.Column("weight", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("moderation_case", sa.Column("score", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "moderation_case", sa.Column("ordinary", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("moderation_case", sa.Column("automatic", Json, nullable=True))
    op.create_index("moderation_case_in_order", "moderation_case", ["ordinary", "opened_at", "id"])
