"""Replaces tags in events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from bus import tag_replacement as shared
from bus.eventlog.append import append_event, append_events
from contracts.common import Recorded
from contracts.events import EventChanged
from contracts.tags import EventsTagReplaced, TagReplaced
from core.tag_rows import TagRows, locked_items
from services.events import queries
from services.events.actions.events import set_filters
from services.events.tables import EventRow, EventTag, FormerTag


def tagged(session: Session) -> shared.Tagged:
    """The events with their tags."""
    return shared.Tagged(
        rows=TagRows(session, FormerTag, EventTag.event_id),
        audience=EventRow.audience,
        change=lambda ids, changed: _change(session, ids, changed),
        done=lambda change_id, items: append_event(
            session, EventsTagReplaced(change_id=change_id, items=items)
        ),
    )


def tag_replaced(session: Session, event: TagReplaced, recorded: Recorded) -> None:
    """Begin to replace a tag."""
    shared.begin(session, tagged(session), event)


def _change(session: Session, ids: Sequence[str], changed: Callable[[list[str]], list[str]]) -> None:
    rows = locked_items(session, EventRow, ids)
    for row in rows:
        row.tags = changed(row.tags)
        set_filters(session, row)
    session.flush()
    # A deleted event says what it is when it is restored.
    there = [row for row in rows if row.deletion_id is None]
    if there:
        append_events(session, [EventChanged(event=queries.state(session, row), by_id="") for row in there])
