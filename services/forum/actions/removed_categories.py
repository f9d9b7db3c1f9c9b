"""Merges and removes categories with their topics: everybody's by administrators, a group's by its moderators."""

from __future__ import annotations

from functools import partial

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.removed_categories import (
    CategoryContent,
    TalkCategoryRemoved,
)
from core import category_rows
from core.audience import PUBLIC, Viewer, may_see
from core.database import insert_or_ignore
from core.decided_changes import DecidedChanges
from core.writing_rows import WritingRows
from services.forum import queries
from services.forum.actions import stale
from services.forum.actions.group_categories import check_moderator
from services.forum.tables import Category, CategoryCount, DecidedChange, Decision, FormerCategory, Topic
from services.forum.writing_tables import TABLES
from services.shared import category_removal as shared
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, signed_in


def category_content(session: Session, viewer: Viewer, slug: str) -> CategoryContent:
    """See `contracts.removed_categories.CategoryRemoval`."""
    signed_in(viewer)
    row = session.get(Category, slug)
    if row is None or not may_see(viewer, row.audience):
        raise NotFound()
    _check(viewer, row)
    seen = next(each for each in queries.categories(session, viewer) if each.slug == slug)
    return CategoryContent(items=seen.topics, empty=_is_empty(session, row))


def category_now(session: Session, viewer: Viewer, slug: str) -> str:
    """See `contracts.removed_categories.CategoryRemoval`."""
    now = category_rows.now(session, FormerCategory, slug)
    row = session.get(Category, now) if now else None
    if row is None or not may_see(viewer, row.audience):
        raise NotFound()
    return row.slug


def _removing(session: Session, viewer: Viewer) -> shared.Removing[Category]:
    signed_in(viewer)

    def locked() -> list[Category]:
        rows = category_rows.locked_in_order(session, Category)
        return [row for row in rows if may_see(viewer, row.audience)]

    def remove(row: Category, into: str | None) -> None:
        session.execute(delete(CategoryCount).where(CategoryCount.category == row.slug))
        category_rows.remove(session, Category, FormerCategory, row, into)

    def publish(row: Category, into: str | None, reason: str) -> None:
        by_id = viewer.person_id or ""
        removed = TalkCategoryRemoved(
            slug=row.slug, into=into, by_id=by_id, reason=reason, category_audience=row.audience
        )
        append_event(session, removed)

    return shared.Removing(
        locked=locked,
        check=partial(_check, viewer),
        hold=lambda row: category_rows.lock_against_use(session, Category, row.slug),
        move=lambda row, into: _move(session, row.slug, into.slug),
        empty=lambda row: _is_empty(session, row),
        remove=remove,
        publish=publish,
        log=lambda *entry: session.add(new_decision(Decision, viewer.person_id, *entry)),
    )


def _check(viewer: Viewer, row: Category) -> None:
    if row.audience == PUBLIC:
        check_administrator(viewer)
    else:
        check_moderator(viewer, row.audience)


def _is_empty(session: Session, row: Category) -> bool:
    return session.scalar(select(Topic.id).where(Topic.category == row.slug).limit(1)) is None


def _move(session: Session, slug: str, into: str) -> None:
    """Move all topics, and what waits for review. Whoever changes one of them is waited for."""
    # In the order of their ids, and before the counts, as everybody locks a topic before its category's count.
    mine = select(Topic.id, Topic.deletion_id).where(Topic.category == slug).order_by(Topic.id)
    found = session.execute(mine.with_for_update()).all()
    session.execute(
        update(Topic).where(Topic.category == slug).values(category=into),
        execution_options={"synchronize_session": False},
    )
    _move_counts(session, slug, into)
    WritingRows(session, TABLES).move_held(slug, into)
    DecidedChanges(session, DecidedChange).merge_category(slug, into)
    # A deleted topic says what it is when it is restored.
    stale.publish_topics(session, [row.id for row in found if row.deletion_id is None])


def _move_counts(session: Session, slug: str, into: str) -> None:
    counts = select(CategoryCount).where(CategoryCount.category.in_([slug, into]))
    in_order = counts.order_by(CategoryCount.category, CategoryCount.audience)
    locked = in_order.with_for_update().execution_options(populate_existing=True)
    audiences = session.scalars(select(CategoryCount.audience).where(CategoryCount.category == slug)).all()
    zero = [{"category": into, "audience": audience, "topics": 0} for audience in audiences]
    insert_or_ignore(session, CategoryCount.__table__, zero)  # type: ignore[arg-type]
    rows = session.scalars(locked).all()
    moved = {row.audience: row.topics for row in rows if row.category == slug}
    for row in rows:
        if row.category == into:
            row.topics += moved.get(row.audience, 0)
    session.flush()


CALLS = shared.calls_of(_removing)

__all__ = ["CALLS", "category_content", "category_now"]
