"""Carries out moderators' decisions on events, and undoes them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from core.deletions import lasting_deletions
from services.events.actions.deletion import delete_event, restore_event
from services.events.actions.held import holding
from services.events.tables import Deletion, EventRow
from services.shared.decisions import Hiding, hide, show


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Hide what was decided on."""
    if not holding(session).decided(event.decision):
        hide(event, _hiding(session, event.decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Show again what an overturned decision hid."""
    decision = event.decision
    if not (decision.overturned and holding(session).overturned(decision)):
        show(event, _hiding(session, event.decision))


def _hiding(session: Session, decision: DecisionState) -> Hiding:
    event_id = decision.item_id
    return Hiding(
        kinds=("event",),
        deletions=lambda: lasting_deletions(session, Deletion, EventRow.id, event_id, [event_id]),
        delete=lambda viewer, command: delete_event(session, viewer, event_id, command),
        restore=lambda viewer, _: restore_event(session, viewer, event_id),
    )
