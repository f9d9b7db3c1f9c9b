"""The predefined categories of blog and forum, which administrators add, name, order and close."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import StringConstraints

from contracts.administration import Administered, Reason
from contracts.common import CLEAN_LINE, CLEAN_TEXT, Command, Event, LanguageCode, View, needs_scope, safe
from core.audience import PUBLIC, Viewer

_Slug = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), CLEAN_LINE]
_About = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), CLEAN_TEXT]


class CategoryText(View):
    """A category's name and description in one language."""

    language: str
    name: str
    about: str = ""


class CategoryDetails(View):
    """A category as administrators see it. `texts`: the original first. `closed`: nothing new comes into it.
    `official` is for the forum: only editors and moderators create topics there."""

    slug: str
    texts: list[CategoryText]
    closed: bool
    official: bool = False


class AddCategory(Command):
    """Add a category, after all others. `official` is for the forum.

    Faults: `slug-shape`, `category-taken`, `language-unknown`, `name-missing`.
    """

    slug: _Slug
    language: LanguageCode
    name: _Name
    about: _About = ""
    official: bool = False
    reason: Reason


class SetCategoryText(Command):
    """Set a category's name and description in one language; without a name, remove them.

    Faults: `language-unknown`, and `name-missing` for the original without a name.
    """

    language: LanguageCode
    name: _Name
    about: _About = ""
    reason: Reason


class SetCategoryState(Command):
    """Close a category or open it again, and say whether it is official (in the forum)."""

    closed: bool
    official: bool = False
    reason: Reason


class CategoryAdministration(Administered, Protocol):
    """The calls for the categories of a service; administrators only. A category that there is not is `NotFound`."""

    @safe
    def category_details(self, viewer: Viewer) -> list[CategoryDetails]:
        """All categories in their order."""

    @needs_scope("moderate")
    def add_category(self, viewer: Viewer, command: AddCategory) -> None: ...
    @needs_scope("moderate")
    def set_category_text(self, viewer: Viewer, slug: str, command: SetCategoryText) -> None: ...
    @needs_scope("moderate")
    def set_category_state(self, viewer: Viewer, slug: str, command: SetCategoryState) -> None: ...
    @needs_scope("moderate")
    def move_category(self, viewer: Viewer, slug: str, up: bool) -> None:
        """Let a category change places with the one before it (`up`) or after it; the first and the last stay."""


class CategoryEvent(Event):
    """A category was added or changed. `texts`: the original first. `position`: its place, from 0."""

    slug: str
    texts: list[CategoryText]
    position: int = 0
    closed: bool = False

    def subject(self) -> str:
        return f"category/{self.slug}"

    def audience(self) -> str:
        return PUBLIC


__all__ = [
    "AddCategory", "CategoryAdministration", "CategoryDetails", "CategoryEvent", "CategoryText",
    "SetCategoryState", "SetCategoryText",
]  # fmt: skip
