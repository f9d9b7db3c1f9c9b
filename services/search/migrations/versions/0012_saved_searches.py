"""Searches that people follow, and the slugs of groups, by which they may name them."""

from urllib.parse import unquote

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables. The slugs of groups are in the paths of an embedded index; with Elasticsearch a group's next
    change says it."""
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("query", sa.String(300), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_saved_search_seq", "saved_search", ["seq"])
    table = op.create_table(
        "group_slug",
        sa.Column("group_id", sa.String(16), nullable=False),
        sa.Column("slug", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("group_id"),
    )
    item = sa.table("item", sa.column("row"), sa.column("id"), sa.column("kind"))
    text = sa.table("item_text", sa.column("row"), sa.column("path"))
    known = sa.select(item.c.id, text.c.path).where(item.c.kind == "group", text.c.row == item.c.row)
    slugs = [
        {"group_id": row.id, "slug": unquote(row.path.removeprefix("/groups/"))}
        for row in op.get_bind().execute(known)
    ]
    op.bulk_insert(table, slugs)
