"""Invitations by people whom the invited ones have blocked."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Those that there are were declined at once: they stay unanswered instead, as any other may."""
    op.add_column(
        "group_invitation", sa.Column("withheld", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    invitation = sa.table(
        "group_invitation",
        sa.column("at", Moment),
        sa.column("declined_at", Moment),
        sa.column("withheld", sa.Boolean),
    )
    at_once = sa.update(invitation).where(invitation.c.declined_at == invitation.c.at)
    op.get_bind().execute(at_once.values(declined_at=None, withheld=True))
