"""Groups whose words may be in mails to their members: none before `space rebuild notify`, or until one is changed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "group_by_mail",
        sa.Column("audience", sa.String(30), nullable=False),
        sa.PrimaryKeyConstraint("audience"),
    )
