"""Carries out moderators' decisions on events, and undoes them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.decision_failures import EventsDecisionFailed
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from core.decided_changes import DecidedChanges
from core.deletions import lasting_deletions
from services.events.actions.decided_changes import changeable
from services.events.actions.deletion import add_deletion, delete_event, restore_event
from services.events.actions.held import holding
from services.events.tables import DecidedChange, Deletion, EventRow
from services.shared.decided_changes import change, restore
from services.shared.decisions import Hiding, hide, show


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Change or hide what was decided on."""
    if not holding(session).decided(event.decision):
        if failed := change(_changes(session), changeable(session, event.decision), event):
            append_event(session, EventsDecisionFailed(decision_id=event.decision.id, measures=failed))
        hide(event, _hiding(session, event.decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Put back what an overturned decision changed, and show again what it hid."""
    if not (event.decision.overturned and holding(session).overturned(event)):
        restore(_changes(session), changeable(session, event.decision), event)
        show(event, _hiding(session, event.decision))


def purge_changes(session: Session) -> None:
    """Delete what was kept to undo decisions, once it was kept for long enough."""
    _changes(session).purge()


def _changes(session: Session) -> DecidedChanges:
    return DecidedChanges(session, DecidedChange)


def _hiding(session: Session, decision: DecisionState) -> Hiding:
    event_id = decision.item_id
    return Hiding(
        kinds=("event",),
        deletions=lambda: lasting_deletions(session, Deletion, EventRow.id, event_id, [event_id]),
        delete=lambda viewer, command: delete_event(session, viewer, event_id, command),
        restore=lambda viewer, _: restore_event(session, viewer, event_id),
        add=lambda viewer, command: add_deletion(session, viewer, event_id, command),
        is_current=lambda deletion: session.get_one(EventRow, event_id).deletion_id == deletion.id,
    )
