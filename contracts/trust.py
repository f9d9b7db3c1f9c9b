"""Whether somebody counts as new, which people keeps from what they did."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from contracts.administration import Reason
from contracts.common import Command, Event, View, needs_scope, safe
from core.audience import MEMBERS, Viewer

TrustGiven = Literal["earned", "member", "new"]
"""What administrators said: `earned` leaves it to what the person does."""


class TrustView(View):
    """How far somebody is. `member`: they are not new. `days` and `items`: on how many days they were active and how
    many of their items stood, as far as it was counted; `of_days` and `of_items`: what a member needs."""

    member: bool
    given: TrustGiven = "earned"
    days: int = 0
    items: int = 0
    of_days: int
    of_items: int


class SetTrust(Command):
    """Say that somebody is a member or new, or leave it to what they do."""

    given: TrustGiven
    reason: Reason


class TrustChanged(Event):
    """Somebody is a member now, or new again."""

    type: ClassVar[str] = "people.trust.changed"
    person_id: str
    member: bool

    def subject(self) -> str:
        return f"person/{self.person_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class TrustApi(Protocol):
    """The calls of people about who is new."""

    @safe
    def trust(self, viewer: Viewer, name: str) -> TrustView:
        """Of the viewer, or of anybody for administrators. Raises `Forbidden("administrators-only")`."""

    @needs_scope("moderate")
    def set_trust(self, viewer: Viewer, name: str, command: SetTrust) -> TrustView:
        """Administrators only."""


__all__ = ["SetTrust", "TrustApi", "TrustChanged", "TrustGiven", "TrustView"]
