"""The HTML of each version of an article is stored with it."""

from core.cooked_migration import add_cooked_columns, fill_cooked

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns, and fill them for the texts that there are."""
    add_cooked_columns("article_version")
    fill_cooked("article_version", ["article_id", "language"], also=["excerpt"])
