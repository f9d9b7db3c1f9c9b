"""Deleting events and restoring them. A deleted event keeps everything; only its author and moderators see it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.deletion import Delete
from contracts.deletion import Deletion as DeletionView
from contracts.events import EventDeleted, EventRestored, EventView
from core import clock
from core.audience import Viewer
from core.deletions import is_noted, other_deletion
from services.events import queries, rules
from services.events.actions.attendance import move_up, publish
from services.events.tables import Deletion
from services.shared.authorisation import writer
from services.shared.deletion import check_restore, checked_reason, deletion_view, new_deletion
from services.shared.powers import part_of


def delete_event(session: Session, viewer: Viewer, event_id: str, command: Delete) -> DeletionView:
    """Delete an event. One that is deleted already stays under the deletion that it is under."""
    by_id = writer(viewer)
    row = queries.event_for_change(session, viewer, event_id, deleted=True)
    moderates = rules.moderates(viewer, part_of(row))
    if row.deletion_id is not None:
        return deletion_view(session.get_one(Deletion, row.deletion_id), viewer, moderates)
    own = rules.check_delete(viewer, row.author_id, part_of(row))
    reason, note = checked_reason(command, own)
    titles = {version.language: version.title for version in queries.versions(session, row)}
    deletion = new_deletion(Deletion, row, titles[row.original_language], (reason, note), by_id)
    session.add(deletion)
    row.deletion_id = deletion.id
    session.flush()
    state = queries.deleted_state(session, row)
    append_event(session, EventDeleted(event=state, by_id=by_id, reason=reason, titles=titles))
    return deletion_view(deletion, viewer, moderates)


def add_deletion(session: Session, viewer: Viewer, event_id: str, command: Delete) -> None:
    """Note that a decision hides an event that is deleted already: it comes under this deletion when it is restored.
    Does nothing where the event is not deleted, or is so by this decision."""
    row = queries.event_for_change(session, viewer, event_id, deleted=True)
    lasts = row.deletion_id is not None and not is_noted(session, Deletion, row.id, command.note)
    if lasts and rules.moderates(viewer, part_of(row)):
        why = checked_reason(command, own=False)
        titles = {version.language: version.title for version in queries.versions(session, row)}
        session.add(new_deletion(Deletion, row, titles[row.original_language], why, writer(viewer)))
        session.flush()


def restore_event(session: Session, viewer: Viewer, event_id: str) -> EventView:
    """Bring a deleted event back as it was. If a later decision hides it too, it stays deleted by that."""
    by_id = writer(viewer)
    row = queries.event_for_change(session, viewer, event_id, deleted=True)
    if row.deletion_id is not None:
        deletion = session.get_one(Deletion, row.deletion_id)
        moderates = rules.moderates(viewer, part_of(row))
        check_restore(deletion, by_id, moderates)
        deletion.end(by_id)
        other = other_deletion(session, deletion)
        row.deletion_id = other.id if other else None
        session.flush()
        if other is None:
            # Who vanished meanwhile has left seats.
            attendance = move_up(session, row, clock.now())
            append_event(session, EventRestored(event=queries.state(session, row), by_id=by_id))
            publish(session, row, attendance)
    return queries.event(session, viewer, event_id, None, None)
