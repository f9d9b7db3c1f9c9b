"""Publishes the present state of what changed in many items at once, by a migration or a merge of categories."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event, append_events
from bus.eventlog.stale import BATCH, Publish
from contracts.blog import ArticleChanged
from services.blog import views
from services.blog.tables import Article, Category

_WHOLE = (selectinload(Article.versions), selectinload(Article.contributors), selectinload(Article.picture))


def publish_article(session: Session, article_id: str) -> None:
    """An article that is there."""
    wanted = select(Article).where(Article.id == article_id, Article.deletion_id.is_(None)).options(*_WHOLE)
    row = session.scalars(wanted.with_for_update()).first()
    if row is not None:
        append_event(session, ArticleChanged(article=views.state(row), by_id=row.author_id))


def publish_articles(session: Session, ids: Sequence[str]) -> None:
    """Articles that are there; who changed them is not named."""
    for start in range(0, len(ids), BATCH):
        among = ids[start : start + BATCH]
        wanted = select(Article).where(Article.id.in_(among)).options(*_WHOLE).order_by(Article.id)
        rows = session.scalars(wanted.execution_options(populate_existing=True))
        append_events(session, [ArticleChanged(article=views.state(row), by_id="") for row in rows])


def publish_category(session: Session, slug: str) -> None:
    """A category with its texts."""
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    append_event(session, views.category_changed(session.scalars(wanted).one()))


PUBLISHERS: dict[str, Publish] = {"article": publish_article, "category": publish_category}
