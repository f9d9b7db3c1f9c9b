"""The HTML of each post and translation is stored with it, and the beginning of each post."""

import sqlalchemy as sa
from alembic import op

from core.markup_cooked import RENDERER, cook

revision = "0009"
down_revision = "0008"

_ROWS = 500

_NAMES = ("language", "body", "html", "excerpt")
_post = sa.table(
    "post", *(sa.column(name, sa.String) for name in ("id", *_NAMES)), sa.column("renderer", sa.Integer)
)
_version = sa.table(
    "topic_version",
    *(sa.column(name, sa.String) for name in ("topic_id", *_NAMES)),
    sa.column("renderer", sa.Integer),
)


def upgrade() -> None:
    """Add the columns, and fill them for the texts that there are."""
    for name in ("post", "topic_version"):
        op.add_column(name, sa.Column("html", sa.Text(), nullable=True))
        op.add_column(name, sa.Column("renderer", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("post", sa.Column("excerpt", sa.String(300), nullable=False, server_default=""))
    _fill(_post, (_post.c.id,), with_excerpt=True)
    _fill(_version, (_version.c.topic_id, _version.c.language), with_excerpt=False)


def _fill(table: sa.TableClause, key: tuple[sa.ColumnElement[str], ...], with_excerpt: bool) -> None:
    connection = op.get_bind()
    texts = sa.select(*key, table.c.language.label("spoken"), table.c.body).order_by(*key).limit(_ROWS)
    texts = texts.where(table.c.body.is_not(None))
    after = None
    while True:
        wanted = texts if after is None else texts.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
        rows = connection.execute(wanted).all()
        for row in rows:
            cooked = cook(row.body, row.spoken)
            made = {"html": cooked.html, "renderer": RENDERER}
            if with_excerpt:
                made["excerpt"] = cooked.excerpt
            same = [column == value for column, value in zip(key, row, strict=False)]
            connection.execute(sa.update(table).where(*same).values(made))
        if len(rows) < _ROWS:
            return
        after = tuple(rows[-1][: len(key)])
