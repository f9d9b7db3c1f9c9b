"""What administrators change of categories, as it is in blog and forum: the service locks and publishes the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from contracts.categories import AddCategory, SetCategoryState, SetCategoryText
from contracts.errors import NotFound, invalid
from core.audience import Viewer
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


@dataclass(frozen=True)
class Categories(Generic[R]):
    """The categories of a service, in one transaction.

    `new_text` makes the row of a text in a language. `locked` returns all categories in their order, with their texts,
    locked until the transaction ends. `publish` appends the event of a changed category, `log` an entry to the log of
    decisions: action, slug, detail and reason.
    """

    new_text: Callable[..., Any]
    locked: Callable[[], list[R]]
    publish: Callable[[R], None]
    log: Callable[[str, str, str, str], None]


def add_category(
    viewer: Viewer, categories: Categories[R], command: AddCategory, add: Callable[[], object]
) -> None:
    """Add a category by `add`. Raises `Forbidden("administrators-only")`, `category-taken`."""
    check_administrator(viewer)
    check_new(categories.locked(), command.slug)
    add()
    categories.log("category-added", command.slug, command.name, command.reason)


def set_category_text(viewer: Viewer, categories: Categories[R], slug: str, command: SetCategoryText) -> None:
    """Set or remove a category's name and description in one language.

    Raises `Forbidden("administrators-only")`, `NotFound`, `language-unknown`, `name-missing`.
    """
    check_administrator(viewer)
    row = found(categories.locked(), slug)
    language = known_language(command.language)
    if action := set_text(row, language, command, categories.new_text):
        categories.publish(row)
        categories.log(action, slug, language, command.reason)


def set_category_state(
    viewer: Viewer, categories: Categories[R], slug: str, command: SetCategoryState, **flags: tuple[str, str]
) -> None:
    """Set the columns that `flags` names to what the command says; the two words of each are the actions for the log,
    of setting and of unsetting it. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    row = found(categories.locked(), slug)
    changed = [name for name in flags if getattr(row, name) != getattr(command, name)]
    for name in changed:
        setattr(row, name, getattr(command, name))
    if changed:
        categories.publish(row)
    for name in changed:
        on, off = flags[name]
        categories.log(on if getattr(command, name) else off, slug, "", command.reason)


def move_category(viewer: Viewer, categories: Categories[R], slug: str, up: bool) -> None:
    """Let a category change places with its neighbour. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    changed = moved(categories.locked(), slug, up)
    for row in changed:
        categories.publish(row)
    if changed:
        categories.log("category-moved", slug, "up" if up else "down", "")


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


def set_texts(row: CategoryRow, texts: Mapping[str, tuple[str, str]], new: Callable[..., Any]) -> None:
    """Replace all names and descriptions by those given by language, as rows that `new` makes."""
    present = {text.language: text for text in row.texts}
    row.texts[:] = [present.get(code) or new(category=row.slug, language=code) for code in texts]
    for text in row.texts:
        text.name, text.about = texts[text.language]


def set_text(row: CategoryRow, language: str, command: SetCategoryText, new: Callable[..., Any]) -> str:
    """Set or remove the name and description in one language, as a row that `new` makes. Returns the action for the
    log, `""` if nothing changed. Raises `name-missing` for the original without a name."""
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
