"""What administrators set about writing: how much new people may write, and blocked terms."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.administration import Reason
from contracts.common import CLEAN_LINE, Command, Event, View, needs_scope, safe
from core.audience import MEMBERS, Viewer

TermAction = Literal["refuse", "hold", "flag"]
"""What becomes of a text with a blocked term: it is refused; it waits until a moderator has read it; or it appears, and
moderators are told."""

TermText = Annotated[str, StringConstraints(min_length=2, max_length=100), CLEAN_LINE]
"""Whole words of any script, or with `*` for any letters a pattern of one word or link."""

_Number = Annotated[int, Field(ge=0, le=1000)]

MOST_TERMS = 500


class NewcomerLimits(View):
    """How much new people may write within 24 hours (`…_a_day`) and in one text (`…_each`), and until when somebody is
    new: until they were active on `member_days` days and `member_items` of their items stood.

    `most_repeats`: so often the same text or link may come from new people within a day before it waits for review.
    `review_all`: everything that new people write waits for review.
    """

    topics_a_day: _Number = 3
    replies_a_day: _Number = 15
    events_a_day: _Number = 2
    links_a_day: _Number = 10
    mentions_a_day: _Number = 15
    links_each: _Number = 2
    mentions_each: _Number = 4
    pictures_each: _Number = 2
    most_repeats: Annotated[int, Field(ge=1, le=1000)] = 3
    review_all: bool = False
    member_days: _Number = 3
    member_items: _Number = 5


class BlockedTerm(View):
    """A word or pattern that is not wanted, and what becomes of a text with it."""

    text: str
    action: TermAction


class WritingRules(View):
    """All rules, as the services that people write to have them."""

    limits: NewcomerLimits = NewcomerLimits()
    terms: list[BlockedTerm] = []


class WritingRulesView(WritingRules):
    """The rules, for administrators, with the revisions of both parts: 0 where nothing was set yet."""

    limits_revision: int = 0
    terms_revision: int = 0


class RulesVersion(View):
    """One version of the limits or the terms: who set it when, and which terms it added and removed."""

    revision: int
    by_id: str
    at: AwareDatetime
    added: list[BlockedTerm] = []
    removed: list[BlockedTerm] = []


class TermMatch(View):
    """A text of the last 30 days that has a term in it."""

    kind: str
    id: str
    path: str
    title: str
    language: str
    author_id: str
    at: AwareDatetime


class TermMatches(View):
    """The newest of the texts that have a term in them, and how many `matches` there are. `looked_at`: how many texts
    were compared; `all`: whether these were all of the last 30 days, or no more were looked at."""

    items: list[TermMatch] = []
    matches: int = 0
    looked_at: int = 0
    all: bool = True


class SetNewcomerLimits(Command):
    """Set the limits. `revision` is that of the limits that were there, 0 for none; a stale one is
    `Conflict("edit-conflict")`."""

    limits: NewcomerLimits
    revision: int
    reason: Reason


class AddTerm(Command):
    """Add a blocked term, or give one another action. Faults: `term-empty` (nothing but `*` and punctuation),
    `terms-many`."""

    text: TermText
    action: TermAction
    reason: Reason


class RemoveTerm(Command):
    """Remove a blocked term. Raises `NotFound`."""

    text: TermText
    reason: Reason


class WritingRulesChanged(Event):
    """The rules changed; the services that people write to store them."""

    type: ClassVar[str] = "people.rules.changed"
    rules: WritingRules

    def subject(self) -> str:
        return "site/writing-rules"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class WritingRulesAdministration(Protocol):
    """The calls of people about the rules; administrators only."""

    @safe
    def writing_rules(self, viewer: Viewer) -> WritingRulesView: ...
    @safe
    def writing_rules_versions(
        self, viewer: Viewer, part: Literal["limits", "terms"]
    ) -> list[RulesVersion]: ...
    @needs_scope("moderate")
    def set_newcomer_limits(self, viewer: Viewer, command: SetNewcomerLimits) -> None: ...
    @needs_scope("moderate")
    def add_term(self, viewer: Viewer, command: AddTerm) -> None: ...
    @needs_scope("moderate")
    def remove_term(self, viewer: Viewer, command: RemoveTerm) -> None: ...


class TermPreview(Protocol):
    """The call of a service that people write to."""

    @safe
    def term_matches(self, viewer: Viewer, text: str) -> TermMatches:
        """What would have matched a term in the last 30 days, of what the viewer may see; administrators only."""


__all__ = [
    "MOST_TERMS", "AddTerm", "BlockedTerm", "NewcomerLimits", "RemoveTerm", "RulesVersion", "SetNewcomerLimits",
    "TermAction", "TermMatch", "TermMatches", "TermPreview", "WritingRules", "WritingRulesAdministration",
    "WritingRulesChanged", "WritingRulesView",
]  # fmt: skip
