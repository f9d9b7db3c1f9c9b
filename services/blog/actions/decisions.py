"""Carries out moderators' decisions on articles, and undoes them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from core.deletions import lasting_deletions
from services.blog.actions.deletion import delete_article, restore_article
from services.blog.tables import Article, Deletion
from services.shared.decisions import Hiding, hide, show


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Hide what was decided on."""
    hide(event, _hiding(session, event.decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Show again what an overturned decision hid."""
    show(event, _hiding(session, event.decision))


def _hiding(session: Session, decision: DecisionState) -> Hiding:
    article_id = decision.item_id
    return Hiding(
        kinds=("article",),
        deletions=lambda: lasting_deletions(session, Deletion, Article.id, article_id, [article_id]),
        delete=lambda viewer, command: delete_article(session, viewer, article_id, command),
        restore=lambda viewer, _: restore_article(session, viewer, article_id),
    )
