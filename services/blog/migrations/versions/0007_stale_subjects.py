"""Notes the subjects whose state a migration has changed, until the service has published it."""

from bus.eventlog.migrations import create_stale_subjects

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    create_stale_subjects()
