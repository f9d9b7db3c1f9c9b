"""The predefined categories, which administrators set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blog import CategoryView
from contracts.categories import AddCategory, SetCategoryState, SetCategoryText
from contracts.errors import invalid
from core.audience import Viewer
from core.category_rows import locked_in_order, locked_or_new, now
from services.blog import views
from services.blog.tables import Category, CategoryText, Decision, FormerCategory
from services.shared import category_changes as shared
from services.shared.administration import new_decision
from services.shared.categories import checked_category


def set_category(
    session: Session, viewer: Viewer, slug: str, language: str, texts: Mapping[str, tuple[str, str]]
) -> CategoryView:
    """Add a category, or replace its texts. `texts` maps language codes to (name, description); `language` is the
    original's. Raises as `checked_category` does."""
    known = checked_category(viewer, slug, language, texts)
    original, (name, about) = next(iter(known.items()))
    if now(session, FormerCategory, slug) is not None:
        raise invalid("slug", "category-taken")
    row: Category = locked_or_new(session, Category, slug, original_language=original)
    row.original_language = original
    shared.set_texts(row, known, CategoryText)
    _publish(session, row)
    return CategoryView(slug=slug, name=name, about=about, language=original)


def add_category(session: Session, viewer: Viewer, command: AddCategory) -> None:
    """Add a category after all others. Raises as `set_category` does, and `category-taken`."""

    def add() -> object:
        texts = {command.language: (command.name, command.about)}
        return set_category(session, viewer, command.slug, command.language, texts)

    shared.add_category(viewer, _categories(session, viewer), command, add)


def set_category_text(session: Session, viewer: Viewer, slug: str, command: SetCategoryText) -> None:
    """Set or remove a category's name and description in one language."""
    shared.set_category_text(viewer, _categories(session, viewer), slug, command)


def set_category_state(session: Session, viewer: Viewer, slug: str, command: SetCategoryState) -> None:
    """Close or open a category."""
    closed = ("category-closed", "category-opened")
    shared.set_category_state(viewer, _categories(session, viewer), slug, command, closed=closed)


def move_category(session: Session, viewer: Viewer, slug: str, up: bool) -> None:
    """Let a category change places with its neighbour."""
    shared.move_category(viewer, _categories(session, viewer), slug, up)


def _categories(session: Session, viewer: Viewer) -> shared.Categories[Category]:
    def log(action: str, slug: str, detail: str, reason: str) -> None:
        session.add(new_decision(Decision, viewer.person_id, action, slug, detail, reason))

    return shared.Categories(
        new_text=CategoryText,
        locked=lambda: locked_in_order(session, Category),
        publish=lambda row: _publish(session, row),
        log=log,
    )


def _publish(session: Session, row: Category) -> None:
    session.flush()
    append_event(session, views.category_changed(row))
