"""Invitations to groups, and what changes a group as a whole. Each locks the group's row first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import NotFound, invalid
from contracts.groups import ChangeGroup
from contracts.people import MemberState
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.people import queries, rules
from services.people.actions import tries
from services.people.actions.groups import (
    append_group_changed,
    append_invitation_changed,
    append_membership_changed,
    end_invitation,
    join,
    locked,
    put,
)
from services.people.tables import Decision, Group, GroupInvitation, Member, Person
from services.shared.administration import new_decision
from services.shared.authorisation import owner, writer


def invite(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Invite somebody; who has asked to join is let in. Raises as `GroupMembership.invite` says."""
    row = _moderated(session, viewer, slug)
    by_id = writer(viewer)
    rules.check_not_archived(row.archived_at)
    person = queries.person_named(session, name)
    if person is None:
        raise invalid("name", "person-unknown")
    state = queries.state_in(session, row.id, person.id)
    found = session.scalars(
        select(GroupInvitation).where(
            GroupInvitation.group_id == row.id, GroupInvitation.person_id == person.id
        )
    ).first()
    rules.check_invitation(state, found is not None, found.declined_at if found else None)
    if state == "requested":
        member = session.get(Member, (row.id, person.id))
        put(session, row, person, member, "member", by_id)
        append_membership_changed(session, row, person, "member", by_id)
        return
    tries.count_invitation(session, viewer)
    if found is None:
        found = GroupInvitation(id=new_id(), group_id=row.id, person_id=person.id)
        session.add(found)
    found.by_id, found.at, found.declined_at = by_id, clock.now(), None
    if queries.has_blocked(session, person.id, by_id):
        # Whom they have blocked learns no more than that they don't come.
        found.declined_at = found.at
        return
    session.flush()
    append_invitation_changed(session, row, found, by_id, is_open=True)


def withdraw_invitation(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Take an invitation back; also the note that somebody declined one. Does nothing where there is none."""
    row = _moderated(session, viewer, slug)
    person, _ = queries.person_in(session, row.id, name)
    end_invitation(session, row, person.id, writer(viewer))


def answer_invitation(session: Session, viewer: Viewer, slug: str, accepted: bool) -> None:
    """Come into the group, or decline. Raises `NotFound` where there is no invitation."""
    person_id = owner(viewer)
    row, _ = locked(session, viewer, slug)
    found = queries.open_invitation(session, row.id, person_id)
    if found is None:
        raise NotFound()
    if accepted:
        join(session, viewer, slug)
        return
    found.declined_at = clock.now()
    session.flush()
    append_invitation_changed(session, row, found, person_id, is_open=False)


def change_group(session: Session, viewer: Viewer, slug: str, command: ChangeGroup) -> None:
    """Archive a group or reopen it, and say whether those outside see who is in it."""
    row, mine = locked(session, viewer, slug)
    by_id = writer(viewer)
    archived = row.archived_at is not None
    takes_up = command.archived is False and rules.may_take_up(
        viewer, row.kind, archived, row.archived_by is not None, mine
    )
    if not (takes_up and command.members_shown is None):
        rules.check_moderator(viewer, mine)
    if command.members_shown is not None:
        rules.check_members_shown(row.kind, command.members_shown)
        row.members_shown = command.members_shown
    if command.archived is not None and command.archived != archived:
        rules.check_take_up(takes_up, row.archived_by is not None)
        row.archived_at = clock.now() if command.archived else None
        row.archived_by = None
        if mine != "moderator":
            session.add(new_decision(Decision, by_id, "group-taken-up", row.slug))
    if session.is_modified(row):
        session.flush()
        append_group_changed(session, row, rights_changed=True)


def hand_over(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Make a member moderator in the viewer's place, who is a member from then on.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `not-inside` at `name`.
    """
    row = _moderated(session, viewer, slug)
    by_id = writer(viewer)
    person = queries.person_named(session, name)
    member = session.get(Member, (row.id, person.id)) if person else None
    if person is None or member is None or member.state not in rules.INSIDE or person.id == by_id:
        raise invalid("name", "group-not-inside")
    me = rules.known(session.get(Person, by_id))
    changes: tuple[tuple[Person, Member | None, MemberState], ...] = (
        (person, member, "moderator"),
        (me, session.get(Member, (row.id, by_id)), "member"),
    )
    for who, membership, state in changes:
        if membership is not None and membership.state != state:
            put(session, row, who, membership, state, by_id)
            append_membership_changed(session, row, who, state, by_id)


def _moderated(session: Session, viewer: Viewer, slug: str) -> Group:
    row, mine = locked(session, viewer, slug)
    writer(viewer)
    rules.check_moderator(viewer, mine)
    return row
