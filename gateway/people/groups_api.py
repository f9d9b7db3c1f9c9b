"""Invitations to groups, requests to join, and what moderators decide about a group as a whole, as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.groups import AskToJoin, ChangeGroup, GroupInvitation, Invited
from contracts.people import GroupView
from core.audience import Viewer
from gateway.api.common import whole
from gateway.api.router import Area
from gateway.api.schemas import AnswerBody, HandOverBody, ListQuery
from gateway.request_context import services

area = Area("groups")


@area.patch("/groups/{slug}")
def change_group(viewer: Viewer, slug: str, body: ChangeGroup) -> GroupView:
    """Archive a group or reopen it, and say whether others see who is in it (its moderators)."""
    services().people.change_group(viewer, slug, body)
    return services().people.group(viewer, slug)


@area.post("/groups/{slug}/requests")
def ask_to_join(viewer: Viewer, slug: str, body: AskToJoin) -> GroupView:
    """Join an open group, or ask to join a closed one, with words for its moderators."""
    services().people.ask_to_join(viewer, slug, body)
    return services().people.group(viewer, slug)


@area.post("/groups/{slug}/hand-over")
def hand_over(viewer: Viewer, slug: str, body: HandOverBody) -> GroupView:
    """Make a member moderator in one's own place."""
    services().people.hand_over(viewer, slug, body.name)
    return services().people.group(viewer, slug)


@area.get("/groups/{slug}/invitations")
def list_invited(viewer: Viewer, slug: str, query: ListQuery) -> Page[Invited]:
    """Who was invited and is not in the group, the newest first (the group's moderators)."""
    return services().people.invited(viewer, slug, query.cursor, query.limit)


@area.put("/groups/{slug}/invitations/{name}")
def invite(viewer: Viewer, slug: str, name: str) -> None:
    """Invite somebody; who has asked to join is let in (the group's moderators)."""
    services().people.invite(viewer, slug, name)


@area.delete("/groups/{slug}/invitations/{name}")
def withdraw_invitation(viewer: Viewer, slug: str, name: str) -> None:
    """Take an invitation back (the group's moderators)."""
    services().people.withdraw_invitation(viewer, slug, name)


@area.get("/invitations")
def list_invitations(viewer: Viewer) -> Page[GroupInvitation]:
    """One's own open invitations, the newest first."""
    return whole(services().people.invitations(viewer))


@area.post("/groups/{slug}/invitation")
def answer_invitation(viewer: Viewer, slug: str, body: AnswerBody) -> None:
    """Come into a group that one was invited to, or decline."""
    services().people.answer_invitation(viewer, slug, body.accepted)
