"""Public events get a number of their own, which tells nothing of other events."""

from bus.eventlog.migrations import number_public_events

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column, and number the events that there are."""
    number_public_events()
