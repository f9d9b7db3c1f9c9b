"""The first tables of forum."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_bus_tables
from core.columns import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make forum's tables and the bus's."""
    create_bus_tables()
    op.create_table(
        "category",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("original_language", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("category_key")),
    )
    op.create_table(
        "category_count",
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("topics", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["category.slug"], name=op.f("category_count_category_of_category")
        ),
        sa.PrimaryKeyConstraint("category", "audience", name=op.f("category_count_key")),
    )
    op.create_table(
        "category_text",
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["category.slug"], name=op.f("category_text_category_of_category")
        ),
        sa.PrimaryKeyConstraint("category", "language", name=op.f("category_text_key")),
    )
    op.create_table(
        "topic",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("author_id", sa.String(length=16), nullable=False),
        sa.Column("original_language", sa.String(length=20), nullable=False),
        sa.Column("article_id", sa.String(length=16), nullable=True),
        sa.Column("first_post_id", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_post_at", Moment, nullable=False),
        sa.Column("last_author_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["category"], ["category.slug"], name=op.f("topic_category_of_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("topic_key")),
        sa.UniqueConstraint("article_id", name=op.f("topic_unique_article_id")),
    )
    op.create_index("topic_by_audience", "topic", ["audience", "pinned", "last_post_at", "id"], unique=False)
    op.create_index("topic_by_author", "topic", ["author_id", "created_at"], unique=False)
    op.create_index("topic_by_category", "topic", ["category", "pinned", "last_post_at", "id"], unique=False)
    op.create_index("topic_by_creation", "topic", ["created_at", "id"], unique=False)
    op.create_index("topic_by_last_post", "topic", ["pinned", "last_post_at", "id"], unique=False)
    op.create_table(
        "post",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("topic_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("author_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mentions", Json, nullable=False),
        sa.Column("quoted_ids", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("edited_at", Moment, nullable=True),
        sa.Column("edited_by", sa.String(length=16), nullable=True),
        sa.Column("deleted_at", Moment, nullable=True),
        sa.Column("deleted_by", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("post_topic_id_of_topic")),
        sa.PrimaryKeyConstraint("id", name=op.f("post_key")),
        sa.UniqueConstraint("topic_id", "number", name=op.f("post_unique_topic_id_number")),
    )
    op.create_index("post_by_author", "post", ["author_id", "created_at", "id"], unique=False)
    op.create_index("post_by_creation", "post", ["created_at", "id"], unique=False)
    op.create_table(
        "topic_tag",
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("topic_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("topic_tag_topic_id_of_topic")),
        sa.PrimaryKeyConstraint("tag", "topic_id", name=op.f("topic_tag_key")),
    )
    op.create_index(op.f("topic_tag_by_topic_id"), "topic_tag", ["topic_id"], unique=False)
    op.create_table(
        "topic_version",
        sa.Column("topic_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(length=300), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("translator_id", sa.String(length=16), nullable=True),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=16), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("topic_version_topic_id_of_topic")),
        sa.PrimaryKeyConstraint("topic_id", "language", name=op.f("topic_version_key")),
    )
    op.create_index("topic_version_by_language", "topic_version", ["language", "topic_id"], unique=False)
    op.create_table(
        "post_revision",
        sa.Column("post_id", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("post_revision_post_id_of_post")),
        sa.PrimaryKeyConstraint("post_id", "revision", name=op.f("post_revision_key")),
    )
