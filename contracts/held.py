"""Items that wait until a moderator has read them: they are there for their authors and moderators alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.common import (
    CLEAN_LINE,
    CLEAN_TEXT,
    MARKDOWN,
    Command,
    Cursor,
    Event,
    Kind,
    Page,
    PageSize,
    View,
    safe,
)
from core.audience import MEMBERS, Audience, Viewer

HeldStatus = Literal["waiting", "published", "rejected", "withdrawn", "failed"]
"""`failed`: a moderator let it through, but it could not be published any more, such as in a topic that is gone."""

Check = Literal["words", "repeated", "newcomer"]
"""What found something: the blocked terms, the comparison with what new people wrote lately, or the rule that all of
theirs waits."""


class Finding(View):
    """What a check found. It acts where `score` has reached `threshold`. `term`: the blocked term, else `""`."""

    check: Check
    term: str = ""
    score: int = 1
    threshold: int = 1


class HeldLine(View):
    """An item of one's own that waits, or waited. `verb`: the call that it waits for."""

    id: str
    kind: Kind
    verb: str
    status: HeldStatus
    audience: Audience
    author_id: str
    language: str
    title: str
    created_at: AwareDatetime


class HeldView(HeldLine):
    """A held item with its text. `has_title`: whether it has a title of its own. `path`: the page of what it was
    written in, or of the item once it is published. `decision_id`: the moderators' decision that it was rejected by,
    for its author. `failure`: the code of what kept it from being published."""

    body: str
    has_title: bool = False
    path: str
    decision_id: str | None = None
    failure: str = ""
    changed_at: AwareDatetime
    may_edit: bool = False


class ChangeHeld(Command):
    """Change the text of a held item while it waits. `title` None: as it is."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200), CLEAN_LINE] | None = None
    body: Annotated[str, StringConstraints(max_length=50_000), CLEAN_TEXT, MARKDOWN]


class HeldDetail(View):
    """What an item says beside its title and text; several tags stand on lines of their own."""

    name: Literal["tags", "place", "venue", "online_url"]
    value: str


class HeldState(View):
    """A held item after an event, with its text and the details beside it: the moderators' case keeps them.
    `original_language` and `category`, of a post those of its topic, say whose moderators handle it."""

    id: str
    kind: Kind
    path: str
    item_audience: str
    original_language: str = ""
    category: str = ""
    author_id: str
    title: str
    text: str
    language: str
    revision: int
    status: HeldStatus
    findings: list[Finding]
    details: list[HeldDetail] = []


class _HeldEvent(Event):
    held: HeldState

    def subject(self) -> str:
        return f"held/{self.held.id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class ForumHeld(_HeldEvent):
    """An item of the forum waits for moderators, its text changed meanwhile, or it waits no more."""

    type: ClassVar[str] = "forum.held.changed"


class EventHeld(_HeldEvent):
    """The same of an event of the calendar."""

    type: ClassVar[str] = "events.held.changed"


class _FlagEvent(_HeldEvent):
    def subject(self) -> str:
        return f"flagged/{self.held.id}"


class ForumFlagged(_FlagEvent):
    """An item of the forum appeared, and a check told moderators of it: `held` is the item itself."""

    type: ClassVar[str] = "forum.item.flagged"


class EventFlagged(_FlagEvent):
    """The same of an event of the calendar."""

    type: ClassVar[str] = "events.item.flagged"


class ArticleFlagged(_FlagEvent):
    """The same of an article: it was published, or its text changed after that."""

    type: ClassVar[str] = "blog.item.flagged"


class HeldApproved(Event):
    """A moderator let a held item through. Its service publishes it, if its text is still the `revision` that the
    moderator has read. Events without one let any text through."""

    type: ClassVar[str] = "people.held.approved"
    held_id: str
    revision: int | None = None
    by_id: str

    def subject(self) -> str:
        return f"held/{self.held_id}"

    def audience(self) -> str:
        return MEMBERS


class HeldApi(Protocol):
    """The calls about held items, a part of the API of each service that people write to."""

    @safe
    def held(self, viewer: Viewer, held_id: str) -> HeldView:
        """One held item, for its author and who moderates its audience."""

    @safe
    def held_items(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[HeldLine]:
        """The viewer's own items that wait, the newest first."""

    def change_held(self, viewer: Viewer, held_id: str, command: ChangeHeld) -> HeldView:
        """Its author only. Raises `Conflict("held-over")` once it waits no more."""

    def withdraw_held(self, viewer: Viewer, held_id: str) -> None:
        """Its author only; it is then as if it had never been sent. Raises `Conflict("held-over")`."""


__all__ = [
    "ArticleFlagged", "ChangeHeld", "Check", "EventFlagged", "EventHeld", "Finding", "ForumFlagged", "ForumHeld",
    "HeldApi", "HeldApproved", "HeldDetail", "HeldLine", "HeldState", "HeldStatus", "HeldView",
]  # fmt: skip
