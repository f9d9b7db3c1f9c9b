"""people, third part: invitations to groups, requests to join with words, and archived groups."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.common import CLEAN_TEXT, Command, Cursor, Page, PageSize, View, also_silenced, safe
from core.audience import Viewer

# Commands


class AskToJoin(Command):
    """Join a group, or ask to. `words` are for the moderators of one that has to be asked, who alone read them."""

    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), CLEAN_TEXT] = ""


class ChangeGroup(Command):
    """Archive a group (`archived`) or reopen it, say whether those outside see who is in it, and whether mails to its
    members have what is written in it (`words_by_mail`) or only say that there is something; None leaves it as it is.
    Fault: `members-open` where an open group's members would be hidden."""

    archived: bool | None = None
    members_shown: bool | None = None
    words_by_mail: bool | None = None


# Views


class GroupInvitation(View):
    """An invitation to a group, for whom it is for; by `by_id`. `slug` leads them to the group."""

    slug: str
    name: str
    language: str
    by_id: str
    at: AwareDatetime


class Invited(View):
    """An invitation to a group, for its moderators. `declined`: the person did not want to come."""

    person_id: str
    by_id: str
    at: AwareDatetime
    declined: bool = False


class GroupMembership(Protocol):
    """The calls about who is in a group, a part of `contracts.people.PeopleApi`."""

    def ask_to_join(self, viewer: Viewer, slug: str, command: AskToJoin) -> None:
        """`PeopleApi.join` with words. Who was invited is let in. Raises `Forbidden("group-archived")`."""

    def invite(self, viewer: Viewer, slug: str, name: str) -> None:
        """Invite somebody; the group's moderators only. Who has asked to join is let in.

        Raises `Conflict` with `invited-already`, `member-already` or, for 30 days, `invitation-declined`;
        `Invalid` with the fault `person-unknown` at `name`; `TooMany("invitations-many")`;
        `Forbidden("group-archived")`.
        """

    def withdraw_invitation(self, viewer: Viewer, slug: str, name: str) -> None:
        """Take an invitation back; the group's moderators only."""

    @also_silenced
    def answer_invitation(self, viewer: Viewer, slug: str, accepted: bool) -> None:
        """Come into the group, or decline. Raises `NotFound` where there is no invitation."""

    @safe
    def invited(self, viewer: Viewer, slug: str, after: Cursor | None, limit: PageSize) -> Page[Invited]:
        """Who was invited and is not in the group, the newest first; the group's moderators only."""

    @safe
    def invitations(self, viewer: Viewer) -> list[GroupInvitation]:
        """One's own open invitations, the newest first."""

    def change_group(self, viewer: Viewer, slug: str, command: ChangeGroup) -> None:
        """Change a group; its moderators only, but that moderators of the site also take up an archived one."""

    def hand_over(self, viewer: Viewer, slug: str, name: str) -> None:
        """Make a member moderator in one's own place: the viewer is a member from then on."""


__all__ = ["AskToJoin", "ChangeGroup", "GroupInvitation", "GroupMembership", "Invited"]
