"""More facets, the thread of an item, what `has:` and `is:` filter by, and the terms that similar words are found by.

Threads and pictures of what was indexed before are known after `space rebuild search`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COUNT = (
    "INSERT INTO tally (facet, value, audience, items)"
    " SELECT '{facet}', {value}, audience, count(*) FROM item WHERE {value} IS NOT NULL{where} GROUP BY 2, 3"
)


def upgrade() -> None:
    """Make the tables, and count the new facets. The terms are filled when `env.py` analyses the index again."""
    op.execute("ALTER TABLE item ADD COLUMN thread VARCHAR(40)")
    op.create_table(
        "item_mark",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("row", "mark"),
        sqlite_with_rowid=False,
    )
    op.create_index("item_mark_by_mark", "item_mark", ["mark", "row"])
    op.create_table(
        "term",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("term", sa.String(100), nullable=False),
        sa.Column("bare", sa.String(100), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("term"),
    )
    op.create_table(
        "term_pair",
        sa.Column("pair", sa.String(2), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pair", "id"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name != "sqlite":
        return  # the index is in Elasticsearch
    op.execute(_COUNT.format(facet="category", value="category", where=""))
    op.execute(_COUNT.format(facet="group", value="audience", where=" AND audience LIKE 'group:%'"))
    op.execute(_COUNT.format(facet="year", value="strftime('%Y', at / 1000000, 'unixepoch')", where=""))
