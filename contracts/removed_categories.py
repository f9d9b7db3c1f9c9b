"""Categories that are no more: merged into another one, whose items theirs are since, or removed while empty."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import StringConstraints

from contracts.administration import Reason
from contracts.common import Command, Event, View, needs_scope, safe
from core.audience import MEMBERS, PUBLIC, Viewer, group_of


class MergeCategory(Command):
    """Move all that is in a category into the category `into`, and remove it; its address leads to that one for good.

    Faults at `into`: `category-unknown`, `category-same`, and `category-audience` where not the same people may see
    both.
    """

    into: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
    reason: Reason


class RemoveCategory(Command):
    """Remove a category that has nothing in it. Raises `Conflict("category-not-empty")`."""

    reason: Reason


class CategoryContent(View):
    """What a merge would move: the topics or articles of a category that the viewer may see. `empty`: the category has
    nothing in it at all, also of what they may not see."""

    items: int
    empty: bool


class CategoryRemoved(Event):
    """A category is no more. `into`: the one that its items are in since, whose own events say so; None of an empty
    one. `by_id` and `reason` are those of the log, where roles for the category are moved with it.

    `category_audience` says which group's category it was, or that it was everybody's.
    """

    domain: ClassVar[Literal["news", "talk"]]
    slug: str
    into: str | None
    by_id: str
    reason: str = ""
    category_audience: str = PUBLIC

    def subject(self) -> str:
        return f"category/{self.slug}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange: it says which administrator it was.
        return MEMBERS if group_of(self.category_audience) is None else self.category_audience


class TalkCategoryRemoved(CategoryRemoved):
    """A category of the forum is no more."""

    type: ClassVar[str] = "forum.category.removed"
    domain = "talk"


class NewsCategoryRemoved(CategoryRemoved):
    """A category of the blog is no more."""

    type: ClassVar[str] = "blog.category.removed"
    domain = "news"


class CategoryRemoval(Protocol):
    """The calls of a service with categories: administrators only, and of a group's own ones its moderators."""

    @safe
    def category_content(self, viewer: Viewer, slug: str) -> CategoryContent:
        """What a merge of this category would move. Raises `NotFound`."""

    @needs_scope("moderate")
    def merge_category(self, viewer: Viewer, slug: str, command: MergeCategory) -> None: ...
    @needs_scope("moderate")
    def remove_category(self, viewer: Viewer, slug: str, command: RemoveCategory) -> None: ...
    @safe
    def category_now(self, viewer: Viewer, slug: str) -> str:
        """The slug of the category that the one with this slug was merged into. Raises `NotFound`, also where the
        viewer may not see that one."""


class RoleHolders(Protocol):
    """A call of people about a part of the site; administrators only."""

    @safe
    def role_holders(self, viewer: Viewer, part: str) -> int:
        """How many people have a role for a part, which is named as in `contracts.administration.PartName`."""


class Followers(Protocol):
    """A call of notify; administrators only."""

    @safe
    def followers(self, viewer: Viewer, kind: Literal["category", "tag"], id: str) -> int:
        """How many people follow a category or tag, or have muted it."""


__all__ = [
    "CategoryContent", "CategoryRemoval", "CategoryRemoved", "Followers", "MergeCategory", "NewsCategoryRemoved",
    "RemoveCategory", "RoleHolders", "TalkCategoryRemoved",
]  # fmt: skip
