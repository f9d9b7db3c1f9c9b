"""Who sees an item whose case others handle than its own moderators, and steps by those who reported it themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add both columns. Until now a case's audience was its item's, but of an appeal that of its decision's."""
    op.add_column(
        "moderation_case", sa.Column("item_audience", sa.String(30), nullable=False, server_default="")
    )
    cases = sa.table(
        "moderation_case", sa.column("audience"), sa.column("item_audience"), sa.column("appeal_of")
    )
    decisions = sa.table("case_decision", sa.column("id"), sa.column("audience"))
    of_decision = sa.select(decisions.c.audience).where(decisions.c.id == cases.c.appeal_of).scalar_subquery()
    op.execute(cases.update().values(item_audience=sa.func.coalesce(of_decision, cases.c.audience)))
    op.add_column(
        "case_entry", sa.Column("own_report", sa.Boolean(), nullable=False, server_default=sa.false())
    )
