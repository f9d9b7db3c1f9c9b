"""The commands of events: each changes rows and appends events, in the caller's transaction."""

from services.events.actions.attendance import attend
from services.events.actions.dates import advance, top_up
from services.events.actions.deletion import delete_event, restore_event
from services.events.actions.events import change_event, create_event, set_event_version
from services.events.actions.revisions import show_revision, withhold_revision

__all__ = [
    "advance", "attend", "change_event", "create_event", "delete_event", "restore_event", "set_event_version",
    "show_revision", "top_up", "withhold_revision",
]  # fmt: skip
