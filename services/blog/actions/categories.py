"""The predefined categories, which administrators set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from contracts.blog import CategoryChanged, CategoryView
from core.audience import Viewer
from core.database import insert_or_ignore
from services.blog.tables import Base, Category, CategoryText
from services.shared.categories import category_texts, checked_category


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
    append_event(session, CategoryChanged(slug=slug, texts=category_texts(row.original_language, row.texts)))
    return CategoryView(slug=slug, name=name, about=about, language=original)


def _locked(session: Session, slug: str, original: str) -> Category:
    """The category's row, locked; a new one comes after all others."""
    position = session.scalar(select(func.count()).select_from(Category)) or 0
    new = {"slug": slug, "original_language": original, "position": position}
    insert_or_ignore(session, Base.metadata.tables["category"], [new])
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    return session.scalars(wanted.with_for_update()).one()
