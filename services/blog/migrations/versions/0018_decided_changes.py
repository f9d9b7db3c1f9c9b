"""What decisions of moderators replaced, to put it back if they are overturned."""

from core.revision_migration import create_decided_changes

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the table."""
    create_decided_changes()
