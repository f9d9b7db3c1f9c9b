"""The text of a topic's first post stands in the post alone."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let the original version of a topic have no body of its own."""
    with op.batch_alter_table("topic_version") as table:
        table.alter_column("body", existing_type=sa.Text(), nullable=True)
    op.execute(
        "UPDATE topic_version SET body = NULL WHERE language ="
        " (SELECT original_language FROM topic WHERE topic.id = topic_version.topic_id)"
    )
