"""Texts that were stored before there were rules for what can be seen are cleaned (`core.text_migration`)."""

import sqlalchemy as sa
from alembic import op

from core.text_migration import beginning, clean, note_stale

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Clean them, and note the topics, posts and categories to publish."""
    posts = clean("post", ["id"], texts=["body"], cooked=True)
    note_stale(f"post/{row['id']}" for row in posts)
    titles = clean(
        "topic_version",
        ["topic_id", "language"],
        ["title", "excerpt"],
        ["body"],
        instead=lambda row: beginning(row["excerpt"]),
        cooked=True,
    )
    topics = clean("topic", ["id"], ["title"], instead=lambda row: _original_title(row["id"]))
    note_stale(f"topic/{row['topic_id']}" for row in titles)
    note_stale(f"topic/{row['id']}" for row in topics)
    names = clean(
        "category_text", ["category", "language"], ["name"], ["about"], instead=lambda row: row["category"]
    )
    note_stale(f"category/{row['category']}" for row in names)
    clean("post_revision", ["post_id", "revision"], texts=["body"])
    clean("deletion", ["id"], ["title"], ["note"])


def _original_title(topic_id: str) -> str:
    topic = sa.table("topic", sa.column("id", sa.String), sa.column("original_language", sa.String))
    version = sa.table(
        "topic_version", *(sa.column(name, sa.String) for name in ("topic_id", "language", "title"))
    )
    wanted = sa.select(version.c.title).where(
        topic.c.id == topic_id,
        version.c.topic_id == topic.c.id,
        version.c.language == topic.c.original_language,
    )
    return op.get_bind().scalar(wanted) or beginning("")
