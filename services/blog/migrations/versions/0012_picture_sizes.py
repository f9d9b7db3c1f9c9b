"""The stored HTML of articles has the size of each picture in their texts, so that nothing moves when they load."""

import sqlalchemy as sa
from alembic import op

from core.markup_cooked import RENDERER, cook
from core.markup_parse import Sizes

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the HTML anew of those texts that show pictures of ours."""
    connection = op.get_bind()
    names = ("article_id", "language", "body", "html")
    versions = sa.table(
        "article_version", *(sa.column(name, sa.String) for name in names), sa.column("renderer", sa.Integer)
    )
    texts = sa.select(versions.c.article_id, versions.c.language, versions.c.body)
    for row in connection.execute(texts.where(versions.c.body.contains("/media/"))).all():
        cooked = cook(row.body, row.language, _sizes(row.article_id))
        same = (versions.c.article_id == row.article_id, versions.c.language == row.language)
        connection.execute(sa.update(versions).where(*same).values(html=cooked.html, renderer=RENDERER))


def _sizes(article_id: str) -> Sizes:
    pictures = sa.table("picture", sa.column("id"), sa.column("width"), sa.column("height"))
    uses = sa.table("picture_use", sa.column("picture_id"), sa.column("article_id"))
    shown = sa.select(pictures.c.id, pictures.c.width, pictures.c.height)
    shown = shown.where(pictures.c.id == uses.c.picture_id, uses.c.article_id == article_id)
    return {row.id: (row.width, row.height) for row in op.get_bind().execute(shown)}
