"""The categories of the forum that belong to a group: its moderators add, name and close them."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import StringConstraints

from contracts.common import CLEAN_LINE, CLEAN_TEXT, Command, LanguageCode
from core.audience import Audience, Viewer

CategoryName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), CLEAN_LINE
]
CategoryAbout = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), CLEAN_TEXT]


class AddGroupCategory(Command):
    """Add a category to the group whose content has this audience. Faults: `language-unknown`."""

    audience: Audience
    language: LanguageCode
    name: CategoryName
    about: CategoryAbout = ""


class SetGroupCategory(Command):
    """Set a group's category's name and description in one language, and whether it is closed; None leaves them as
    they are. Faults: `language-unknown`."""

    language: LanguageCode
    name: CategoryName | None = None
    about: CategoryAbout | None = None
    closed: bool | None = None


class GroupCategories(Protocol):
    """The calls for categories of groups, a part of `contracts.forum.ForumApi`; the group's moderators only."""

    def add_group_category(self, viewer: Viewer, command: AddGroupCategory) -> str:
        """Add a category; returns its slug, which nobody chooses. Raises `NotFound`,
        `Forbidden("group-moderators-only")`, `Forbidden("group-archived")`, `Conflict("categories-many")`."""

    def set_group_category(self, viewer: Viewer, slug: str, command: SetGroupCategory) -> None:
        """Raises as `add_group_category` does; `NotFound` for what is no group's category."""


__all__ = ["AddGroupCategory", "GroupCategories", "SetGroupCategory"]
