"""An index of the events by type and subject."""

from bus.eventlog.migrations import index_events_by_type

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the index."""
    index_events_by_type()
