"""Indexes by which a category's newest topics, and a person's topics, are found without sorting all of them."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the indexes, and the id to that of a person's newest topics."""
    op.drop_index("topic_by_author", "topic")
    op.create_index("topic_by_author", "topic", ["author_id", "created_at", "id"])
    op.create_index("topic_by_author_last_post", "topic", ["author_id", "pinned", "last_post_at", "id"])
    op.create_index("topic_by_category_creation", "topic", ["category", "created_at", "id"])
