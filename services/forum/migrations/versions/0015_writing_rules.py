"""Rules for writing, and items that wait for review."""

from core.writing_migration import create_writing_tables

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    create_writing_tables()
