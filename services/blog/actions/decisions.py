"""Carries out moderators' decisions on articles, and undoes them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.decision_failures import BlogDecisionFailed
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from core.decided_changes import DecidedChanges
from core.deletions import lasting_deletions
from services.blog.actions.decided_changes import changeable
from services.blog.actions.deletion import add_deletion, delete_article, restore_article
from services.blog.tables import Article, DecidedChange, Deletion
from services.shared.decided_changes import change, restore
from services.shared.decisions import Hiding, hide, show


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Change or hide what was decided on."""
    if failed := change(_changes(session), changeable(session, event.decision), event):
        append_event(session, BlogDecisionFailed(decision_id=event.decision.id, measures=failed))
    hide(event, _hiding(session, event.decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Put back what an overturned decision changed, and show again what it hid."""
    restore(_changes(session), changeable(session, event.decision), event)
    show(event, _hiding(session, event.decision))


def purge_changes(session: Session) -> None:
    """Delete what was kept to undo decisions, once it was kept for long enough."""
    _changes(session).purge()


def _changes(session: Session) -> DecidedChanges:
    return DecidedChanges(session, DecidedChange)


def _hiding(session: Session, decision: DecisionState) -> Hiding:
    article_id = decision.item_id
    return Hiding(
        kinds=("article",),
        deletions=lambda: lasting_deletions(session, Deletion, Article.id, article_id, [article_id]),
        delete=lambda viewer, command: delete_article(session, viewer, article_id, command),
        restore=lambda viewer, _: restore_article(session, viewer, article_id),
        add=lambda viewer, command: add_deletion(session, viewer, article_id, command),
        is_current=lambda deletion: session.get_one(Article, article_id).deletion_id == deletion.id,
    )
