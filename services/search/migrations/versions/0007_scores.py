"""What the score needs of a document: its length, and where its terms occur."""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the view of the terms' occurrences, and count the terms of each document that there is."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE words_instance USING fts5vocab(words, instance)")
    op.drop_table("seen_language")  # a query is analysed by the languages of what its reader may see
    op.execute("ALTER TABLE item ADD COLUMN length INTEGER NOT NULL DEFAULT 0")
    rows = connection.execute(sa.text('SELECT "row", terms FROM item_text')).yield_per(500)
    for row, packed in rows:
        terms = json.loads(zlib.decompress(packed))
        length = sum(len(terms[name].split()) for name in ("title", "tags", "body"))
        connection.execute(
            sa.text('UPDATE item SET length = :length WHERE "row" = :row'), {"length": length, "row": row}
        )
