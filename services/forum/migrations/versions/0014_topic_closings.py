"""Which topics a decision closed, so that overturning it opens no other."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the table. Topics that are closed already stay so when a decision is overturned: nobody noted who closed
    them."""
    op.create_table(
        "topic_closing",
        sa.Column("topic_id", sa.String(16), nullable=False),
        sa.Column("decision_id", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("topic_closing_topic_id_refs_topic")),
        sa.PrimaryKeyConstraint("topic_id", "decision_id", name=op.f("topic_closing_key")),
    )
