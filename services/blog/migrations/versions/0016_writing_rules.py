"""Rules for writing."""

from core.writing_migration import create_rules_table

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table."""
    create_rules_table()
