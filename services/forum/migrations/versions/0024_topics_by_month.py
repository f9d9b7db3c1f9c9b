"""The number of topics by month, for the sitemap."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment, month_of

revision = "0024"
down_revision = "0023"

_topic = sa.table(
    "topic",
    sa.column("audience", sa.String),
    sa.column("created_at", Moment),
    sa.column("deletion_id", sa.String),
)
_month = sa.table("topic_month", *map(sa.column, ("audience", "month", "topics")))


def upgrade() -> None:
    """Count what there is."""
    op.create_table(
        "topic_month",
        sa.Column("audience", sa.String(30), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("topics", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "month", name=op.f("topic_month_key")),
    )
    month = month_of(_topic.c.created_at)
    counted = (
        sa.select(_topic.c.audience, month, sa.func.count())
        .where(_topic.c.deletion_id.is_(None))
        .group_by(_topic.c.audience, month)
    )
    op.execute(sa.insert(_month).from_select(["audience", "month", "topics"], counted))
