"""Digests of an hour and a week, hours without mail, and when what comes for following one thing goes out."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns; that of notifications takes longer words."""
    op.add_column("follow", sa.Column("mail", sa.String(10), nullable=False, server_default="default"))
    op.add_column("mail_choice", sa.Column("weekday", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("mail_choice", sa.Column("quiet_from", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("mail_choice", sa.Column("quiet_to", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("notification") as table:
        table.alter_column(
            "mail", existing_type=sa.String(5), type_=sa.String(10), nullable=False, server_default="page"
        )
