"""Effects outside of the database."""

from bus.eventlog.migrations import create_effect_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    create_effect_table()
