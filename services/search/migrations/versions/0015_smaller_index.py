"""A smaller index: compressed texts without their terms, and small rows without a second copy. Which analysis made an
index is told by more than the version of Space's own rules."""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_LISTED = (
    "(SELECT coalesce(group_concat({0}, ' '), '')"
    " FROM (SELECT {0} FROM {1} WHERE {1}.row = item.row ORDER BY {0}))"
)


def upgrade() -> None:
    """Change the tables. An index with documents is analysed again by its service, into new tables of terms."""
    op.create_table(
        "renewal",
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "dictionary",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    generation = op.create_table(
        "generation",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.bulk_insert(generation, [{"number": 0}])
    op.drop_table("analysis")
    op.create_table(
        "analysis",
        sa.Column("version", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    with op.batch_alter_table("elasticsearch_index") as table:
        table.alter_column("analysis", type_=sa.String(100))
    for column in ("languages", "tags"):
        op.execute(f"ALTER TABLE item ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    connection = op.get_bind()
    embedded = connection.dialect.name == "sqlite"
    if embedded:
        languages, tags = _LISTED.format("language", "item_language"), _LISTED.format("tag", "item_tag")
        op.execute(f"UPDATE item SET languages = {languages}, tags = {tags}")  # noqa: S608
    op.drop_column("item", "boost")
    op.drop_index("item_by_audience", "item")
    op.create_index(
        "item_by_group",
        "item",
        ["audience", "at"],
        sqlite_where=sa.text("audience BETWEEN 'group:' AND 'group;'"),
    )
    op.drop_table("item_language")
    _replace_tags(embedded)
    _replace_texts(connection, embedded)
    if not embedded or connection.scalar(sa.text('SELECT "row" FROM item LIMIT 1')):
        return
    # The service makes the same ones when it renews an index that has documents.
    op.execute("DROP TABLE words")
    op.execute("DROP TABLE titles")
    op.execute(
        "CREATE VIRTUAL TABLE words USING fts5(body, title, tags, author, content='', columnsize=0,"
        " tokenize=\"ascii tokenchars ':-_.'\")"
    )
    op.execute(
        "CREATE VIRTUAL TABLE titles USING fts5(title, content='', prefix='1 2 3', detail='column', columnsize=0,"
        " tokenize=\"ascii tokenchars ':-_.'\")"
    )


def _replace_tags(embedded: bool) -> None:
    op.rename_table("item_tag", "former_item_tag")
    op.create_table(
        "item_tag",
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tag", "row", name="item_tag_key"),
        sqlite_with_rowid=False,
    )
    if embedded:
        op.execute('INSERT INTO item_tag (tag, "row") SELECT tag, "row" FROM former_item_tag')
    op.drop_table("former_item_tag")


def _replace_texts(connection: sa.Connection, embedded: bool) -> None:
    op.rename_table("item_text", "former_item_text")
    op.create_table(
        "item_text",
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shown", sa.LargeBinary(), nullable=False),
        sa.Column("group_path", sa.String(400), nullable=True),
        sa.PrimaryKeyConstraint("row", name="item_text_key"),
    )
    if embedded:
        rows = connection.exec_driver_sql(
            "SELECT f.row, id, path, titled, keywords, texts, kind FROM former_item_text AS f JOIN item USING (row)"
        )
        while some := rows.fetchmany(1000):
            connection.exec_driver_sql(
                "INSERT INTO item_text (row, shown, group_path) VALUES (?, ?, ?)",
                [
                    (
                        row.row,
                        _packed(
                            row.path.replace(row.id, "\x00"), bool(row.titled), json.loads(row.keywords),
                            json.loads(row.texts),
                        ),
                        row.path if row.kind == "group" else None,
                    )
                    for row in some
                ],
            )  # fmt: skip
    op.drop_table("former_item_text")


def _packed(*value: object) -> bytes:
    """As the service packs it, without a dictionary."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return b"\x00" + packer.compress(written) + packer.flush()
