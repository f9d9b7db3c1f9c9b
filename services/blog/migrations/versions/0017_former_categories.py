"""Slugs of categories that were merged into others."""

from core.category_migration import create_former_categories

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table."""
    create_former_categories()
