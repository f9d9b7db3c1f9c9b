"""The predefined categories, which administrators set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from contracts import forum
from contracts.errors import Forbidden, invalid
from contracts.forum import CategoryChanged, ForumCategory
from core import languages, slugs
from core.audience import Viewer
from services.forum import queries
from services.forum.tables import Category, CategoryText
from services.shared.authorisation import writer
from services.shared.texts import known_language


def set_category(
    session: Session,
    viewer: Viewer,
    slug: str,
    language: str,
    texts: Mapping[str, tuple[str, str]],
    official: bool = False,
) -> ForumCategory:
    """Add a category, or replace its texts. `texts` maps language codes to (name, description); `language` is the
    original's. In an `official` category editors and moderators open topics."""
    writer(viewer)
    if not viewer.has("administrator"):
        raise Forbidden("administrators-only")
    if not slug or slugs.slug(slug) != slug:
        raise invalid("slug", "slug-shape")
    original = known_language(language)
    known = {known_language(code): (name.strip(), about.strip()) for code, (name, about) in texts.items()}
    if original not in known or not all(name for name, _ in known.values()):
        raise invalid("texts", "name-missing")
    row = session.scalars(
        select(Category).where(Category.slug == slug).options(selectinload(Category.texts)).with_for_update()
    ).first()
    if row is None:
        position = session.scalar(select(func.count()).select_from(Category)) or 0
        row = Category(slug=slug, position=position, texts=[])
        session.add(row)
    row.original_language, row.official = original, official
    present = {text.language: text for text in row.texts}
    row.texts[:] = [present.get(code) or CategoryText(category=slug, language=code) for code in known]
    for text in row.texts:
        text.name, text.about = known[text.language]
    session.flush()
    ordered = languages.original_first(known, original)
    append_event(
        session,
        CategoryChanged(
            slug=slug,
            official=official,
            texts=[
                forum.CategoryText(language=code, name=known[code][0], about=known[code][1])
                for code in ordered
            ],
        ),
    )
    return next(each for each in queries.categories(session, viewer) if each.slug == slug)
