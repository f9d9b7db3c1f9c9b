"""What administrators do with categories, as it is in blog and forum: decisions, and changes of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from contracts.categories import CategoryDetails, CategoryText, SetCategoryText
from contracts.errors import NotFound, invalid
from core import languages, slugs
from core.audience import Viewer
from core.plain_text import clean_line, clean_text
from core.shared_columns import CategoryTextColumns
from services.shared.authorisation import check_administrator
from services.shared.texts import known_language


class CategoryRow(Protocol):
    """A row of a category with its texts."""

    slug: Any
    original_language: Any
    position: Any
    closed: Any
    texts: Any


R = TypeVar("R", bound=CategoryRow)


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


def found(rows: Sequence[R], slug: str) -> R:
    """The category with this slug. Raises `NotFound`."""
    row = next((each for each in rows if each.slug == slug), None)
    if row is None:
        raise NotFound()
    return row


def check_new(rows: Sequence[CategoryRow], slug: str) -> None:
    """Raise `category-taken` if there is a category with this slug."""
    if any(row.slug == slug for row in rows):
        raise invalid("slug", "category-taken")


def moved(rows: Sequence[R], slug: str, up: bool) -> list[R]:
    """Let a category change places with its neighbour; returns the categories that have another place since, the
    moved one first. `rows` are all of them, in their order. Raises `NotFound`."""
    order = list(rows)
    row = found(order, slug)
    before = order.index(row)
    order.insert(min(max(before + (-1 if up else 1), 0), len(order) - 1), order.pop(before))
    if order.index(row) == before:
        return []
    changed = [each for position, each in enumerate(order) if each.position != position]
    for position, each in enumerate(order):
        each.position = position
    return sorted(changed, key=lambda each: each is not row)


def set_text(row: CategoryRow, command: SetCategoryText, new: Callable[..., Any]) -> str:
    """Set or remove the name and description in one language, as a row that `new` makes. Returns the action for the
    log, `""` if nothing changed. Raises `language-unknown`, and `name-missing` for the original without a name."""
    language = known_language(command.language)
    text = next((each for each in row.texts if each.language == language), None)
    if not command.name:
        if language == row.original_language:
            raise invalid("name", "name-missing")
        if text is None:
            return ""
        row.texts.remove(text)
        return "category-unnamed"
    if text is None:
        text = new(category=row.slug, language=language)
        row.texts.append(text)
    elif (text.name, text.about) == (command.name, command.about):
        return ""
    text.name, text.about = command.name, command.about
    return "category-named"


def set_flags(row: CategoryRow, **flags: tuple[bool, str, str]) -> list[str]:
    """Set the columns named by `flags` to the first of each three; the others are the actions for the log of setting
    and of unsetting it. Returns those of what changed."""
    changed = []
    for column, (value, on, off) in flags.items():
        if getattr(row, column) != value:
            setattr(row, column, value)
            changed.append(on if value else off)
    return changed


def details(row: CategoryRow, official: bool = False) -> CategoryDetails:
    """A category for administrators."""
    texts = category_texts(row.original_language, row.texts)
    return CategoryDetails(slug=row.slug, texts=texts, closed=row.closed, official=official)
