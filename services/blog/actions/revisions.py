"""Withholding earlier texts of articles from the history, and showing them again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blog import RevisionShown, RevisionWithheld
from contracts.errors import NotFound
from contracts.revisions import Withhold
from core.audience import MEMBERS, PUBLIC, Viewer
from core.revision_rows import withholds
from services.blog import rules, views
from services.blog.actions import helpers
from services.blog.tables import Article, ArticleRevision
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.revisions import show_again, withhold
from services.shared.texts import known_language


def withhold_revision(
    session: Session, viewer: Viewer, article_id: str, language: str, revision: int, command: Withhold
) -> None:
    """Withhold an earlier text; one that is withheld stays as it is."""
    by_id = writer(viewer)
    article, row = _find(session, viewer, article_id, language, revision)
    version = views.version_in(article, row.language)
    current = version is not None and version.revision == revision
    moderates = rules.may_moderate(viewer, part_of(article))
    if withhold(row, viewer, by_id, moderates, current, command.reason):
        _note(session, article, row, by_id, RevisionWithheld)


def show_revision(session: Session, viewer: Viewer, article_id: str, language: str, revision: int) -> None:
    """Show a text again that was withheld."""
    by_id = writer(viewer)
    article, row = _find(session, viewer, article_id, language, revision)
    if show_again(row, rules.may_moderate(viewer, part_of(article))):
        _note(session, article, row, by_id, RevisionShown)


def _find(
    session: Session, viewer: Viewer, article_id: str, language: str, revision: int
) -> tuple[Article, ArticleRevision]:
    article = helpers.article_for_change(session, viewer, article_id, deleted=True)
    row = session.scalars(
        select(ArticleRevision).where(
            ArticleRevision.article_id == article.id,
            ArticleRevision.language == known_language(language),
            ArticleRevision.revision == revision,
        )
    ).first()
    if row is None:
        raise NotFound()
    return article, row


def _note(
    session: Session,
    article: Article,
    row: ArticleRevision,
    by_id: str,
    event: type[RevisionWithheld | RevisionShown],
) -> None:
    article.withholds = withholds(session, ArticleRevision, ArticleRevision.article_id == article.id)
    out = article.status == "published" and article.deletion_id is None
    audience = MEMBERS if article.audience == PUBLIC and not out else article.audience
    append_event(
        session,
        event(
            item=f"article/{article.id}",
            item_audience=audience,
            language=row.language,
            revision=row.revision,
            by_id=by_id,
        ),
    )
