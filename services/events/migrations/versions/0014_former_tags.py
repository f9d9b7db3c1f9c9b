"""Tags that were replaced by others."""

from core.tag_migration import create_former_tags

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the table."""
    create_former_tags()
