"""Tags that administrators rename, merge and remove, wherever they are: in blog, forum and events."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.administration import Reason
from contracts.common import Command, Event, View, needs_scope, safe
from core.audience import MEMBERS, Viewer

TagOwner = Literal["blog", "forum", "events"]
"""A service whose items have tags."""

OWNERS: tuple[TagOwner, ...] = ("blog", "forum", "events")

_Tag = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class ReplaceTag(Command):
    """Give everything with a tag another one in its place: rename it, or merge it into one that there is. Without
    `into` the tag is taken off everything.

    The former address leads to the other tag from then on, and who writes the former tag gets the other one. Faults:
    `tag-shape`, `tag-same`.
    """

    tag: _Tag
    into: _Tag = ""
    reason: Reason


class TagChange(View):
    """One change of a tag. `into` None: it was removed. `pending`: the services that have not carried it out yet;
    `items`: how many items had the tag in the others, without those of groups."""

    id: str
    tag: str
    into: str | None
    by_id: str | None
    reason: str
    at: AwareDatetime
    pending: list[TagOwner] = []
    items: int = 0


class TagReplaced(Event):
    """An administrator replaced a tag by another one, or removed it. Each service with items does so with theirs."""

    type: ClassVar[str] = "people.tag.replaced"
    change_id: str
    tag: str
    into: str | None

    def subject(self) -> str:
        # One subject for all: changes of the same tags follow each other.
        return "site/tags"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class _Carried(Event):
    """A service has replaced a tag in its items, whose own events say so. `items`: how many had it, without
    those of groups."""

    owner: ClassVar[TagOwner]
    change_id: str
    items: int

    def subject(self) -> str:
        return f"tag-change/{self.change_id}"

    def audience(self) -> str:
        return MEMBERS


class BlogTagReplaced(_Carried):
    """A tag is replaced in all articles."""

    type: ClassVar[str] = "blog.tag.replaced"
    owner = "blog"


class ForumTagReplaced(_Carried):
    """A tag is replaced in all topics."""

    type: ClassVar[str] = "forum.tag.replaced"
    owner = "forum"


class EventsTagReplaced(_Carried):
    """A tag is replaced in all events of the calendar."""

    type: ClassVar[str] = "events.tag.replaced"
    owner = "events"


class TagAdministration(Protocol):
    """The calls of people about tags."""

    @needs_scope("moderate")
    def replace_tag(self, viewer: Viewer, command: ReplaceTag) -> None:
        """Administrators only."""

    @safe
    def tag_changes(self, viewer: Viewer, limit: int) -> list[TagChange]:
        """The newest changes; administrators only."""

    @safe
    def tag_now(self, viewer: Viewer, tag: str) -> str | None:
        """The tag that this one was replaced by, if it was."""


__all__ = [
    "OWNERS", "BlogTagReplaced", "EventsTagReplaced", "ForumTagReplaced", "ReplaceTag", "TagAdministration",
    "TagChange", "TagOwner", "TagReplaced",
]  # fmt: skip
