"""Publishes the present state of what a migration has changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from bus.eventlog.stale import Publish
from contracts.blog import ArticleChanged
from services.blog import views
from services.blog.tables import Article, Category


def publish_article(session: Session, article_id: str) -> None:
    """An article that is there."""
    row = session.scalars(
        select(Article)
        .where(Article.id == article_id, Article.deletion_id.is_(None))
        .options(
            selectinload(Article.versions), selectinload(Article.contributors), selectinload(Article.picture)
        )
        .with_for_update()
    ).first()
    if row is not None:
        append_event(session, ArticleChanged(article=views.state(row), by_id=row.author_id))


def publish_category(session: Session, slug: str) -> None:
    """A category with its texts."""
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    append_event(session, views.category_changed(session.scalars(wanted).one()))


PUBLISHERS: dict[str, Publish] = {"article": publish_article, "category": publish_category}
