"""Carries out moderators' decisions on articles, and undoes them."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Forbidden, NotFound
from contracts.moderation import AppealAnswered, DecisionMade
from services.blog.actions.deletion import delete_article, restore_article
from services.blog.tables import Deletion
from services.shared.decisions import deletion_by, in_office


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Hide what was decided on. What is gone, or not theirs to moderate any more, stays as it is."""
    decision = event.decision
    if decision.kind == "article" and "hide" in decision.measures:
        with suppress(NotFound, Forbidden):
            delete_article(session, in_office(decision), decision.item_id, deletion_by(decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Undo what an overturned decision did, and nothing that others did."""
    decision = event.decision
    if decision.kind != "article" or not decision.overturned:
        return
    note = deletion_by(decision).note
    wanted = select(Deletion).where(Deletion.item_id == decision.item_id, Deletion.note == note)
    deletion = session.scalars(wanted.where(Deletion.restored_at.is_(None))).first()
    if deletion is not None:
        with suppress(NotFound, Forbidden):
            restore_article(session, in_office(decision), decision.item_id)
