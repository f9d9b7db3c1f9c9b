"""The HTML of people's and groups' descriptions is stored with them, and the beginning of groups'."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json
from core.cooked_migration import add_cooked_columns, fill_cooked

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns, and fill them for the descriptions that there are."""
    for name in ("person", "group_words"):
        add_cooked_columns(name)
    op.add_column("group_words", sa.Column("excerpt", sa.String(300), nullable=False, server_default=""))
    languages = sa.column("languages", Json)
    fill_cooked("person", ["id"], body="about", language=languages, code=lambda known: [*known, "en"][0])
    fill_cooked("group_words", ["group_id", "language"], body="about", also=["excerpt"])
