"""Texts that were stored before there were rules for what can be seen are cleaned (`core.text_migration`)."""

import sqlalchemy as sa
from alembic import op

from core.text_migration import beginning, clean, note_stale

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Clean them, and note the articles and categories to publish."""
    versions = clean(
        "article_version",
        ["article_id", "language"],
        ["title", "summary", "excerpt"],
        ["body"],
        instead=lambda row: beginning(row["summary"] or row["body"]),
        cooked=True,
    )
    pictures = {row["id"] for row in clean("picture", ["id"], ["alt", "author", "source"])}
    shown = sa.table("article", sa.column("id", sa.String), sa.column("picture_id", sa.String))
    found = op.get_bind().execute(sa.select(shown.c.id, shown.c.picture_id)).all() if pictures else []
    note_stale(f"article/{row['article_id']}" for row in versions)
    note_stale(f"article/{row.id}" for row in found if row.picture_id in pictures)
    names = clean(
        "category_text", ["category", "language"], ["name"], ["about"], instead=lambda row: row["category"]
    )
    note_stale(f"category/{row['category']}" for row in names)
    clean("article_revision", ["id"], ["title", "summary"], ["body"])
    clean("step", ["id"], texts=["remark"])
    clean("deletion", ["id"], ["title"], ["note"])
