"""The predefined categories, which administrators set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from contracts.categories import AddCategory, SetCategoryState, SetCategoryText
from contracts.forum import ForumCategory
from core.audience import Viewer
from core.database import insert_or_ignore
from services.forum import queries, views
from services.forum.category_queries import in_order
from services.forum.tables import Base, Category, CategoryText, Decision
from services.shared import category_changes as shared
from services.shared.administration import new_decision
from services.shared.categories import checked_category


def set_category(
    session: Session,
    viewer: Viewer,
    slug: str,
    language: str,
    texts: Mapping[str, tuple[str, str]],
    official: bool = False,
) -> ForumCategory:
    """Add a category, or replace its texts. `texts` maps language codes to (name, description); `language` is the
    original's. In an `official` category editors and moderators open topics. Raises as `checked_category` does."""
    known = checked_category(viewer, slug, language, texts)
    original = next(iter(known))
    row = _locked(session, slug, original)
    row.original_language, row.official = original, official
    present = {text.language: text for text in row.texts}
    row.texts[:] = [present.get(code) or CategoryText(category=slug, language=code) for code in known]
    for text in row.texts:
        text.name, text.about = known[text.language]
    session.flush()
    append_event(session, views.category_changed(row))
    return next(each for each in queries.categories(session, viewer) if each.slug == slug)


def add_category(session: Session, viewer: Viewer, command: AddCategory) -> None:
    """Add a category after all others. Raises as `set_category` does, and `category-taken`."""

    def add() -> object:
        texts = {command.language: (command.name, command.about)}
        return set_category(session, viewer, command.slug, command.language, texts, command.official)

    shared.add_category(viewer, _Categories(session, viewer), command, add)


def set_category_text(session: Session, viewer: Viewer, slug: str, command: SetCategoryText) -> None:
    """Set or remove a category's name and description in one language."""
    shared.set_category_text(viewer, _Categories(session, viewer), slug, command)


def set_category_state(session: Session, viewer: Viewer, slug: str, command: SetCategoryState) -> None:
    """Close or open a category, and make it official or not."""
    closed = ("category-closed", "category-opened")
    official = ("category-official", "category-unofficial")
    shared.set_category_state(
        viewer, _Categories(session, viewer), slug, command, closed=closed, official=official
    )


def move_category(session: Session, viewer: Viewer, slug: str, up: bool) -> None:
    """Let a category change places with its neighbour."""
    shared.move_category(viewer, _Categories(session, viewer), slug, up)


class _Categories:
    """The categories for `services.shared.category_changes`."""

    new_text = CategoryText

    def __init__(self, session: Session, viewer: Viewer) -> None:
        self._session = session
        self._by_id = viewer.person_id

    def locked(self) -> list[Category]:
        # Not their keys, to which other rows refer.
        self._session.execute(select(Category.slug).order_by(Category.slug).with_for_update(key_share=True))
        # Read after the wait for the locks, not before.
        return list(self._session.scalars(in_order()))

    def publish(self, row: Category) -> None:
        self._session.flush()
        append_event(self._session, views.category_changed(row))

    def log(self, action: str, slug: str, detail: str, reason: str) -> None:
        self._session.add(new_decision(Decision, self._by_id, action, slug, detail, reason))


def _locked(session: Session, slug: str, original: str) -> Category:
    """The category's row, locked; a new one comes after all others."""
    position = session.scalar(select(func.count()).select_from(Category)) or 0
    new = {"slug": slug, "original_language": original, "position": position, "official": False}
    insert_or_ignore(session, Base.metadata.tables["category"], [new])
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    return session.scalars(wanted.with_for_update()).one()
