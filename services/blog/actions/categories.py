"""The predefined categories, which administrators set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from contracts.blog import CategoryView
from contracts.categories import AddCategory, SetCategoryState, SetCategoryText
from core.audience import Viewer
from core.database import insert_or_ignore
from services.blog import views
from services.blog.category_queries import in_order
from services.blog.tables import Base, Category, CategoryText, Decision
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator
from services.shared.categories import check_new, checked_category, found, moved, set_flags, set_text


def set_category(
    session: Session, viewer: Viewer, slug: str, language: str, texts: Mapping[str, tuple[str, str]]
) -> CategoryView:
    """Add a category, or replace its texts. `texts` maps language codes to (name, description); `language` is the
    original's. Raises as `checked_category` does."""
    known = checked_category(viewer, slug, language, texts)
    original, (name, about) = next(iter(known.items()))
    row = _locked(session, slug, original)
    row.original_language = original
    present = {text.language: text for text in row.texts}
    row.texts[:] = [present.get(code) or CategoryText(category=slug, language=code) for code in known]
    for text in row.texts:
        text.name, text.about = known[text.language]
    session.flush()
    append_event(session, views.category_changed(row))
    return CategoryView(slug=slug, name=name, about=about, language=original)


def add_category(session: Session, viewer: Viewer, command: AddCategory) -> None:
    """Add a category after all others. Raises as `checked_category` does, and `category-taken`."""
    check_administrator(viewer)
    check_new(_locked_in_order(session), command.slug)
    texts = {command.language: (command.name, command.about)}
    set_category(session, viewer, command.slug, command.language, texts)
    _log(session, viewer, "category-added", command.slug, command.name, command.reason)


def set_category_text(session: Session, viewer: Viewer, slug: str, command: SetCategoryText) -> None:
    """Set or remove a category's name and description in one language.

    Raises `Forbidden("administrators-only")`, `NotFound`, `language-unknown`, `name-missing`.
    """
    check_administrator(viewer)
    row = found(_locked_in_order(session), slug)
    if action := set_text(row, command, CategoryText):
        _changed(session, [row])
        _log(session, viewer, action, slug, command.language, command.reason)


def set_category_state(session: Session, viewer: Viewer, slug: str, command: SetCategoryState) -> None:
    """Close or open a category. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    row = found(_locked_in_order(session), slug)
    actions = set_flags(
        row,
        closed=(command.closed, "category-closed", "category-opened"),
    )
    if actions:
        _changed(session, [row])
    for action in actions:
        _log(session, viewer, action, slug, "", command.reason)


def move_category(session: Session, viewer: Viewer, slug: str, up: bool) -> None:
    """Let a category change places with its neighbour. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    if changed := moved(_locked_in_order(session), slug, up):
        _changed(session, changed)
        _log(session, viewer, "category-moved", slug, "up" if up else "down", "")


def _locked_in_order(session: Session) -> list[Category]:
    """All categories, locked, so that changes come one after another. Not their keys: topics and texts refer to
    them."""
    session.execute(select(Category.slug).order_by(Category.slug).with_for_update(key_share=True))
    # Read after the wait for the locks, not before.
    return list(session.scalars(in_order()))


def _changed(session: Session, rows: Sequence[Category]) -> None:
    session.flush()
    for row in rows:
        append_event(session, views.category_changed(row))


def _log(session: Session, viewer: Viewer, action: str, slug: str, detail: str, reason: str) -> None:
    session.add(new_decision(Decision, viewer.person_id, action, slug, detail, reason))


def _locked(session: Session, slug: str, original: str) -> Category:
    """The category's row, locked; a new one comes after all others."""
    position = session.scalar(select(func.count()).select_from(Category)) or 0
    new = {"slug": slug, "original_language": original, "position": position}
    insert_or_ignore(session, Base.metadata.tables["category"], [new])
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    return session.scalars(wanted.with_for_update()).one()
