"""Merges and removes categories, with the articles in them."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.removed_categories import (
    CategoryContent,
    NewsCategoryRemoved,
)
from core import category_rows
from core.audience import Viewer
from core.decided_changes import DecidedChanges
from services.blog import queries
from services.blog.actions import stale
from services.blog.tables import Article, Category, DecidedChange, Decision, FormerCategory
from services.shared import category_removal as shared
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, check_reads_administration


def category_content(session: Session, viewer: Viewer, slug: str) -> CategoryContent:
    """See `contracts.removed_categories.CategoryRemoval`."""
    check_reads_administration(viewer)
    row = session.get(Category, slug)
    if row is None:
        raise NotFound()
    return CategoryContent(items=queries.in_category(session, viewer, slug), empty=_is_empty(session, row))


def category_now(session: Session, viewer: Viewer, slug: str) -> str:
    """See `contracts.removed_categories.CategoryRemoval`."""
    now = category_rows.now(session, FormerCategory, slug)
    if now is None:
        raise NotFound()
    return now


def _removing(session: Session, viewer: Viewer) -> shared.Removing[Category]:
    check_administrator(viewer)

    def publish(row: Category, into: str | None, reason: str) -> None:
        by_id = viewer.person_id or ""
        append_event(session, NewsCategoryRemoved(slug=row.slug, into=into, by_id=by_id, reason=reason))

    return shared.Removing(
        locked=lambda: category_rows.locked_in_order(session, Category),
        check=lambda row: None,
        hold=lambda row: category_rows.lock_against_use(session, Category, row.slug),
        move=lambda row, into: _move(session, row.slug, into.slug),
        empty=lambda row: _is_empty(session, row),
        remove=lambda row, into: category_rows.remove(session, Category, FormerCategory, row, into),
        publish=publish,
        log=lambda *entry: session.add(new_decision(Decision, viewer.person_id, *entry)),
    )


def _is_empty(session: Session, row: Category) -> bool:
    return session.scalar(select(Article.id).where(Article.category == row.slug).limit(1)) is None


def _move(session: Session, slug: str, into: str) -> None:
    """Move all articles. Whoever changes one of them is waited for."""
    mine = select(Article.id, Article.deletion_id).where(Article.category == slug).order_by(Article.id)
    found = session.execute(mine.with_for_update()).all()
    session.execute(
        update(Article).where(Article.category == slug).values(category=into),
        execution_options={"synchronize_session": False},
    )
    DecidedChanges(session, DecidedChange).merge_category(slug, into)
    # A deleted article says what it is when it is restored.
    stale.publish_articles(session, [row.id for row in found if row.deletion_id is None])


CALLS = shared.calls_of(_removing)

__all__ = ["CALLS", "category_content", "category_now"]
