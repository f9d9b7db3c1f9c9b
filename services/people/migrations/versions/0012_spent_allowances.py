"""What was spent of the allowances of names and networks for signing in and up."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table. Attempts of the last minutes are forgotten: their keys had no place in them."""
    op.create_table(
        "spent_allowance",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("whole_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("spent_allowance_by_whole_at", "spent_allowance", ["whole_at"], unique=False)
    op.execute(sa.delete(sa.table("sign_in_window")))
