"""Deleting articles and restoring them. A deleted article keeps everything; few see it (`rules.may_see_deleted`)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blog import ArticleDeleted, ArticleRestored, ArticleView
from contracts.deletion import Delete
from contracts.deletion import Deletion as DeletionView
from core.audience import Viewer
from core.deletions import is_noted, other_deletion
from services.blog import queries, rules, views
from services.blog.actions import helpers
from services.blog.tables import Deletion
from services.shared.authorisation import writer
from services.shared.deletion import check_restore, checked_reason, deletion_view, new_deletion
from services.shared.powers import part_of


def delete_article(session: Session, viewer: Viewer, article_id: str, command: Delete) -> DeletionView:
    """Delete an article. One that is deleted already stays under the deletion that it is under."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id, deleted=True)
    moderates = rules.may_moderate(viewer, part_of(article))
    if article.deletion_id is not None:
        return deletion_view(session.get_one(Deletion, article.deletion_id), viewer, moderates)
    own = rules.check_delete(viewer, article.status, part_of(article), article.author_id)
    reason, note = checked_reason(command, own)
    deletion = new_deletion(Deletion, article, views.original(article).title, (reason, note), by_id)
    session.add(deletion)
    article.deletion_id = deletion.id
    session.flush()
    state = views.deleted_state(article)
    titles = {version.language: version.title for version in article.versions}
    append_event(session, ArticleDeleted(article=state, by_id=by_id, reason=reason, titles=titles))
    return deletion_view(deletion, viewer, moderates)


def add_deletion(session: Session, viewer: Viewer, article_id: str, command: Delete) -> None:
    """Note that a decision hides an article that is deleted already: it comes under this deletion when it is restored.
    Does nothing where the article is not deleted, or is so by this decision."""
    article = helpers.article_for_change(session, viewer, article_id, deleted=True)
    lasts = article.deletion_id is not None and not is_noted(session, Deletion, article.id, command.note)
    if lasts and rules.may_moderate(viewer, part_of(article)):
        why = checked_reason(command, own=False)
        session.add(new_deletion(Deletion, article, views.original(article).title, why, writer(viewer)))
        session.flush()


def restore_article(session: Session, viewer: Viewer, article_id: str) -> ArticleView:
    """Bring a deleted article back as it was. If a later decision hides it too, it stays deleted by that."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id, deleted=True)
    if article.deletion_id is not None:
        deletion = session.get_one(Deletion, article.deletion_id)
        moderates = rules.may_moderate(viewer, part_of(article))
        check_restore(deletion, by_id, moderates)
        deletion.end(by_id)
        other = other_deletion(session, deletion)
        article.deletion_id = other.id if other else None
        session.flush()
        if other is None:
            append_event(session, ArticleRestored(article=views.state(article), by_id=by_id))
    return queries.article(session, viewer, article_id, None)
