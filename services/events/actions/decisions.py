"""Carries out moderators' decisions on events, and undoes them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Forbidden, NotFound
from contracts.moderation import AppealAnswered, DecisionMade
from services.events.actions.deletion import delete_event, restore_event
from services.events.tables import Deletion
from services.shared.decisions import deletion_by, give_back, in_office, take_over


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Hide what was decided on. What is gone, or not theirs to moderate any more, stays as it is."""
    decision = event.decision
    if decision.kind == "event" and "hide" in decision.measures:
        take_over(_deletions(session, decision.item_id), event)
        with suppress(NotFound, Forbidden):
            delete_event(session, in_office(decision), decision.item_id, deletion_by(decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Undo what an overturned decision did, and nothing that others did."""
    decision = event.decision
    if decision.kind != "event" or not decision.overturned:
        return
    give_back(_deletions(session, decision.item_id), event)
    note = deletion_by(decision).note
    wanted = select(Deletion).where(Deletion.item_id == decision.item_id, Deletion.note == note)
    deletion = session.scalars(wanted.where(Deletion.restored_at.is_(None))).first()
    if deletion is not None:
        with suppress(NotFound, Forbidden):
            restore_event(session, in_office(decision), decision.item_id)


def _deletions(session: Session, event_id: str) -> Sequence[Deletion]:
    """The event's deletion that lasts, locked, if it is deleted."""
    wanted = select(Deletion).where(Deletion.item_id == event_id, Deletion.restored_at.is_(None))
    return session.scalars(wanted.with_for_update()).all()
