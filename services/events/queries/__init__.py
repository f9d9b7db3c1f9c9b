"""Reads of events: one event and its attendees, lists and months."""

from services.events.queries.events import (
    attendance,
    attendees,
    counts,
    date_of,
    deleted_state,
    deletions,
    event_for_change,
    going,
    has_seats,
    state,
    versions,
    visible_event,
    waiting_list,
    waiting_place,
)
from services.events.queries.full import event, events_by_id
from services.events.queries.history import event_revisions
from services.events.queries.lists import events, month

__all__ = [
    "attendance", "attendees", "counts", "date_of", "deleted_state", "deletions", "event", "event_for_change",
    "event_revisions",
    "events", "events_by_id", "going", "has_seats",
    "month", "state", "versions", "visible_event", "waiting_list", "waiting_place",
]  # fmt: skip
