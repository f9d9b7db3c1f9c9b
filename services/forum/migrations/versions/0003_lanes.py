"""A place for each lane of subjects in every log that is read."""

from bus.eventlog.migrations import give_cursors_lanes

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the table."""
    give_cursors_lanes()
