"""Whether what is written in a group is in mails to its members, where its moderators have chosen that."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Add the column."""
    op.add_column("space_group", sa.Column("words_by_mail", sa.Boolean(), nullable=True))
