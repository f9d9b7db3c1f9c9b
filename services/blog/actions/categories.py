"""The predefined categories, which administrators set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from contracts import blog
from contracts.blog import CategoryChanged, CategoryView
from contracts.errors import Forbidden, invalid
from core import languages, slugs
from core.audience import Viewer
from services.blog.tables import Category, CategoryText
from services.shared.authorisation import writer
from services.shared.texts import known_language


def set_category(
    session: Session, viewer: Viewer, slug: str, language: str, texts: Mapping[str, tuple[str, str]]
) -> CategoryView:
    """Add a category, or replace its texts. `texts` maps language codes to (name, description); `language` is the
    original's."""
    writer(viewer)
    if not viewer.has("administrator"):
        raise Forbidden("administrators-only")
    if not slug or slugs.slug(slug) != slug:
        raise invalid("slug", "slug-shape")
    original = known_language(language)
    known = {known_language(code): text for code, text in texts.items()}
    if original not in known or not all(name.strip() for name, _ in known.values()):
        raise invalid("texts", "name-missing")
    row = session.scalars(
        select(Category).where(Category.slug == slug).options(selectinload(Category.texts)).with_for_update()
    ).first()
    if row is None:
        row = Category(
            slug=slug, position=session.scalar(select(func.count()).select_from(Category)) or 0, texts=[]
        )
        session.add(row)
    row.original_language = original
    present = {text.language: text for text in row.texts}
    for text in [text for text in row.texts if text.language not in known]:
        row.texts.remove(text)
    for code, (name, about) in known.items():
        text = present.get(code) or CategoryText(category=slug, language=code)
        text.name, text.about = name.strip(), about.strip()
        if code not in present:
            row.texts.append(text)
    session.flush()
    ordered = languages.original_first(known, original)
    append_event(
        session,
        CategoryChanged(
            slug=slug,
            texts=[
                blog.CategoryText(language=code, name=known[code][0], about=known[code][1])
                for code in ordered
            ],
        ),
    )
    return CategoryView(slug=slug, name=known[original][0], about=known[original][1], language=original)
