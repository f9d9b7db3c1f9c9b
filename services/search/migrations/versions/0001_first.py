"""The first tables of search: the embedded index."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_bus_tables
from core.columns import Json

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_bus_tables()
    op.create_table(
        "author_name",
        sa.Column("author_id", sa.String(length=16), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("author_id"),
    )
    op.create_index("ix_author_name_folded", "author_name", ["folded"], unique=False)
    op.create_table(
        "item",
        sa.Column("row", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("author_id", sa.String(length=16), nullable=True),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("boost", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sqlite_autoincrement=True,
    )
    op.create_index("item_by_audience", "item", ["audience", "at"], unique=False)
    op.create_index("item_by_author", "item", ["author_id", "at"], unique=False)
    op.create_index("item_by_category", "item", ["category", "at"], unique=False)
    op.create_index("item_by_key", "item", ["kind", "id"], unique=True)
    op.create_index("item_by_time", "item", ["at", "row"], unique=False)
    op.create_table(
        "item_language",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("row", "language"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_tag",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("row", "tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("item_tag_by_tag", "item_tag", ["tag", "row"], unique=False)
    op.create_table(
        "item_text",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("keywords", Json, nullable=False),
        sa.Column("titled", sa.Boolean(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_table(
        "seen_language",
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("language"),
    )
    op.create_table(
        "tally",
        sa.Column("facet", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("facet", "value", "audience"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name != "sqlite":
        return  # the index is in Elasticsearch
    # FTS5's tables hold terms that the service has made: nothing is left to split or fold but ASCII's case.
    op.execute(
        "CREATE VIRTUAL TABLE words USING fts5("
        "title, tags, body, author, content='', tokenize=\"ascii tokenchars ':-_.'\")"
    )
    op.execute(
        "CREATE VIRTUAL TABLE titles USING fts5("
        "title, content='', prefix='1 2 3', detail='column', columnsize=0, tokenize=\"ascii tokenchars ':-_.'\")"
    )
