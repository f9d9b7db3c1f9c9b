"""Invitations to the site: codes by which somebody may create an account while nobody else may."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.administration import Reason
from contracts.common import CLEAN_LINE, Command, Cursor, Page, PageSize, View, needs_scope, safe
from core.audience import Viewer


class CreateSignUpInvitation(Command):
    """Make a code that so many people may sign up with, for so many days. `reason` says for whom it is."""

    uses: Annotated[int, Field(ge=1, le=500)] = 1
    days: Annotated[int, Field(ge=1, le=365)] = 14
    reason: Reason


class RevokeSignUpInvitation(Command):
    """Let nobody sign up with a code any more."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), CLEAN_LINE]


class SignUpInvitation(View):
    """A code without itself: only its hash is stored. `used` of its `uses` are over. `is_open`: it still works."""

    id: str
    reason: str
    by_id: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    uses: int
    used: int = 0
    revoked_at: AwareDatetime | None = None
    is_open: bool = True


class NewSignUpInvitation(SignUpInvitation):
    """A code, shown once."""

    code: str


class Invitee(View):
    """By whose invitation somebody has their account; None if they have it without one."""

    by_id: str | None = None


class SignUpInvitations(Protocol):
    """The calls about invitations to the site, a part of `contracts.people.PeopleApi`; administrators only."""

    @needs_scope("moderate")
    def create_sign_up_invitation(
        self, viewer: Viewer, command: CreateSignUpInvitation
    ) -> NewSignUpInvitation: ...
    @needs_scope("moderate")
    def revoke_sign_up_invitation(
        self, viewer: Viewer, invitation_id: str, command: RevokeSignUpInvitation
    ) -> None: ...
    @safe
    def sign_up_invitations(
        self, viewer: Viewer, after: Cursor | None, limit: PageSize
    ) -> Page[SignUpInvitation]:
        """All of them, the newest first."""

    @safe
    def invited_by(self, viewer: Viewer, name: str) -> Invitee:
        """Who invited somebody to the site."""


__all__ = [
    "CreateSignUpInvitation", "Invitee", "NewSignUpInvitation", "RevokeSignUpInvitation", "SignUpInvitation",
    "SignUpInvitations",
]  # fmt: skip
