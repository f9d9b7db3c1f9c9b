"""What of a decision could not be carried out, and the case that it was made on."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Add the columns; the case of a decision of before is the one that has it."""
    op.add_column("case_decision", sa.Column("failed", Json, nullable=False, server_default="[]"))
    op.add_column("case_decision", sa.Column("case_id", sa.String(16), nullable=True))
    op.execute(
        "UPDATE case_decision SET case_id ="
        " (SELECT id FROM moderation_case WHERE moderation_case.decision_id = case_decision.id)"
    )
    op.create_index("case_decision_by_case", "case_decision", ["case_id"])
