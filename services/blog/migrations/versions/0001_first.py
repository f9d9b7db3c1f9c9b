"""The first tables of blog."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_bus_tables
from core.columns import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make blog's tables and the bus's."""
    create_bus_tables()
    op.create_table(
        "category",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("original_language", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("category_key")),
    )
    op.create_table(
        "picture",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("alt", sa.String(length=500), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("uploaded_by", sa.String(length=16), nullable=False),
        sa.Column("uploaded_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("picture_key")),
    )
    op.create_index("picture_by_uploader", "picture", ["uploaded_by", "uploaded_at"], unique=False)
    op.create_table(
        "article",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("author_id", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("original_language", sa.String(length=20), nullable=False),
        sa.Column("picture_id", sa.String(length=16), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("published_at", Moment, nullable=True),
        sa.Column("scheduled_for", Moment, nullable=True),
        sa.ForeignKeyConstraint(["picture_id"], ["picture.id"], name=op.f("article_picture_id_of_picture")),
        sa.PrimaryKeyConstraint("id", name=op.f("article_key")),
        sa.UniqueConstraint("slug", name=op.f("article_unique_slug")),
    )
    op.create_index("article_by_author", "article", ["author_id", "created_at"], unique=False)
    op.create_index("article_by_category", "article", ["category", "published_at"], unique=False)
    op.create_index("article_by_creation", "article", ["status", "created_at", "id"], unique=False)
    op.create_index("article_by_publication", "article", ["status", "published_at", "id"], unique=False)
    op.create_index("article_by_schedule", "article", ["scheduled_for"], unique=False)
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
        "picture_size",
        sa.Column("picture_id", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("picture_size_picture_id_of_picture")
        ),
        sa.PrimaryKeyConstraint("picture_id", "width", name=op.f("picture_size_key")),
    )
    op.create_table(
        "article_revision",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("article_revision_article_id_of_article")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("article_revision_key")),
    )
    op.create_index("article_revision_by_article", "article_revision", ["article_id", "id"], unique=False)
    op.create_table(
        "article_slug",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("article_slug_article_id_of_article")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("article_slug_key")),
    )
    op.create_index(op.f("article_slug_by_article_id"), "article_slug", ["article_id"], unique=False)
    op.create_table(
        "article_tag",
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("article_tag_article_id_of_article")
        ),
        sa.PrimaryKeyConstraint("tag", "article_id", name=op.f("article_tag_key")),
    )
    op.create_index(op.f("article_tag_by_article_id"), "article_tag", ["article_id"], unique=False)
    op.create_table(
        "article_version",
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(length=300), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("translator_id", sa.String(length=16), nullable=True),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=16), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("article_version_article_id_of_article")
        ),
        sa.PrimaryKeyConstraint("article_id", "language", name=op.f("article_version_key")),
    )
    op.create_index(
        "article_version_by_language", "article_version", ["language", "article_id"], unique=False
    )
    op.create_table(
        "contributor",
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("contributor_article_id_of_article")
        ),
        sa.PrimaryKeyConstraint("article_id", "person_id", name=op.f("contributor_key")),
    )
    op.create_table(
        "picture_use",
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.Column("picture_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("picture_use_article_id_of_article")
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("picture_use_picture_id_of_picture")
        ),
        sa.PrimaryKeyConstraint("article_id", "picture_id", name=op.f("picture_use_key")),
    )
    op.create_index(op.f("picture_use_by_picture_id"), "picture_use", ["picture_id"], unique=False)
    op.create_table(
        "step",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.String(length=16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("step_article_id_of_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("step_key")),
    )
    op.create_index(op.f("step_by_article_id"), "step", ["article_id"], unique=False)
