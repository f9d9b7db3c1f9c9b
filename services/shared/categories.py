"""What categories of blog and forum have in common: checks of a category that is set, and views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.categories import CategoryDetails, CategoryText
from contracts.errors import invalid
from core import languages, slugs
from core.audience import Viewer
from core.plain_text import clean_line, clean_text
from core.shared_columns import CategoryColumns, CategoryTextColumns
from services.shared.authorisation import check_administrator
from services.shared.texts import known_language


def checked_category(
    viewer: Viewer, slug: str, language: str, texts: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """The names and descriptions by language as they are stored, those of the original `language` first.

    Raises `SignInNeeded`, `Forbidden("administrators-only")`, and `Invalid` with the fault `slug-shape`,
    `language-unknown` or `name-missing`.
    """
    check_administrator(viewer)
    if not slug or slugs.slug(slug) != slug:
        raise invalid("slug", "slug-shape")
    original = known_language(language)
    known = {
        known_language(code): (clean_line(name), clean_text(about).strip())
        for code, (name, about) in texts.items()
    }
    if original not in known or not all(name for name, _ in known.values()):
        raise invalid("texts", "name-missing")
    return {code: known[code] for code in languages.original_first(known, original)}


def category_texts(original_language: str, rows: Sequence[CategoryTextColumns]) -> list[CategoryText]:
    """A category's names and descriptions, those of its original language first."""
    texts = {row.language: row for row in rows}
    order = languages.original_first(texts, original_language)
    return [CategoryText(language=code, name=texts[code].name, about=texts[code].about) for code in order]


def details(
    row: CategoryColumns, texts: Sequence[CategoryTextColumns], official: bool = False
) -> CategoryDetails:
    """A category for administrators."""
    shown = category_texts(row.original_language, texts)
    return CategoryDetails(slug=row.slug, texts=shown, closed=row.closed, official=official)
