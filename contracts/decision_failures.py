"""What of a decision could not be carried out: its item is gone by now, or not theirs to moderate any more."""

from __future__ import annotations

from typing import ClassVar

from contracts.common import Event
from contracts.moderation import Measure
from core.audience import MEMBERS


class _Failed(Event):
    """These measures of a decision changed nothing. People notes it, and opens the case again."""

    decision_id: str
    measures: list[Measure]

    def subject(self) -> str:
        return f"decision/{self.decision_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class BlogDecisionFailed(_Failed):
    """A decision on an article could not be carried out in full."""

    type: ClassVar[str] = "blog.decision.failed"


class ForumDecisionFailed(_Failed):
    """A decision on a topic or post could not be carried out in full."""

    type: ClassVar[str] = "forum.decision.failed"


class EventsDecisionFailed(_Failed):
    """A decision on an event of the calendar could not be carried out in full."""

    type: ClassVar[str] = "events.decision.failed"


__all__ = ["BlogDecisionFailed", "EventsDecisionFailed", "ForumDecisionFailed"]
