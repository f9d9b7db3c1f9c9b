"""Addresses are confirmed by links that are mailed, and sessions say which browser they are of."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns and the table. An address that was there has never been confirmed."""
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("email_key", sa.String(400)))
        table.add_column(sa.Column("new_email", sa.String(200)))
    op.create_index("ix_person_email_key", "person", ["email_key"])
    person = sa.table("person", sa.column("email", sa.String), sa.column("new_email", sa.String))
    op.execute(sa.update(person).values(new_email=person.c.email, email=None))
    with op.batch_alter_table("browser_session") as table:
        # A process of the release before makes sessions without them.
        table.add_column(sa.Column("browser", sa.String(20), nullable=False, server_default=""))
        table.add_column(sa.Column("last_used_on", sa.Date))
    op.create_table(
        "account_link",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("person_id", sa.String(16), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.create_index("account_link_by_person", "account_link", ["person_id"])
    op.create_index("account_link_by_end", "account_link", ["expires_at"])
