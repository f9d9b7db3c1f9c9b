"""Followed tags in their canonical form."""

from core.tag_migration import rename_followed_tags

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Rename the stored tags."""
    rename_followed_tags()
