"""Articles count their changes, and each step of a review names the revision that it was taken on."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns. Every article begins at 1.

    The last step of one that waits for a decision, or for its time, was taken on that revision unless the article has
    changed since: then it was taken on one before, and the article is not published without being read again.
    """
    one, none = sa.text("1"), sa.text("''")
    op.add_column("article", sa.Column("article_revision", sa.Integer(), nullable=False, server_default=one))
    op.add_column(
        "article", sa.Column("published_alone", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("step", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("step", sa.Column("reason", sa.String(30), nullable=False, server_default=none))
    article = sa.table(
        "article", sa.column("id", sa.String), sa.column("status", sa.String), sa.column("changed_at", Moment)
    )
    step = sa.table(
        "step",
        sa.column("id", sa.String),
        sa.column("article_id", sa.String),
        sa.column("at", Moment),
        sa.column("revision", sa.Integer),
    )
    last = sa.select(sa.func.max(step.c.id)).group_by(step.c.article_id)
    waiting = (
        sa.select(step.c.id, step.c.at, article.c.changed_at)
        .join(article, article.c.id == step.c.article_id)
        .where(article.c.status.in_(("submitted", "scheduled")), step.c.id.in_(last))
    )
    connection = op.get_bind()
    for row in connection.execute(waiting).all():
        reviewed = 1 if row.changed_at <= row.at else 0
        connection.execute(sa.update(step).where(step.c.id == row.id).values(revision=reviewed))
