"""Tags that were replaced by others."""

from core.tag_migration import create_former_tags

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table."""
    create_former_tags()
