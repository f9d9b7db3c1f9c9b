"""Invitations to groups, and what changes a group as a whole. Each locks the group's row first."""

from __future__ import annotations

from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import NotFound, invalid
from contracts.groups import ChangeGroup
from contracts.people import Membership, MemberState
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.people import queries, rules, views
from services.people.actions import tries
from services.people.actions.groups import (
    append_group_changed,
    append_invitation_changed,
    append_membership_changed,
    end_invitation,
    join,
    locked,
    moderators,
    put,
)
from services.people.actions.present import hold_present, hold_viewer
from services.people.tables import Decision, Group, GroupInvitation, Member, Person
from services.shared.administration import new_decision
from services.shared.authorisation import owner, writer


def invite(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Invite somebody; who has asked to join is let in. Raises as `GroupMembership.invite` says."""
    person = hold_present(session, queries.person_named(session, name))
    row = _moderated(session, viewer, slug)
    rules.check_not_archived(row.archived_at)
    if person is None:
        raise invalid("name", "person-unknown")
    state, found = queries.state_in(session, row.id, person.id), _invitation(session, row, person)
    rules.check_invitation(state, found is not None, found.declined_at if found else None)
    if state == "requested":
        _put(session, row, person, session.get(Member, (row.id, person.id)), "member", writer(viewer))
    else:
        _invite(session, viewer, row, person, found)


def set_member(
    session: Session, viewer: Viewer, slug: str, name: str, state: Literal["member", "moderator"]
) -> Membership:
    """Accept a request, promote, or make a moderator a member again; who has not asked to join is invited.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `Conflict("last-moderator")`, and as `invite` does.
    """
    person = hold_present(session, queries.person_named(session, name))
    row = _moderated(session, viewer, slug)
    person, by_id = rules.known(person), writer(viewer)
    member = session.get(Member, (row.id, person.id))
    before = cast(MemberState, member.state if member else "none")
    rules.check_not_archived(row.archived_at)
    if member is None:
        found = _invitation(session, row, person)
        if found is None or found.declined_at is not None:
            rules.check_invitation(before, found is not None, found.declined_at if found else None)
            found = _invite(session, viewer, row, person, found)
        member = Member(state="none", since=found.at, words="")
    elif before != state:
        if before == "moderator":
            rules.check_moderator_may_go(moderators(session, row))
        member = _put(session, row, person, member, state, by_id)
    return views.membership(member, person, viewer, "moderator", queries.ambiguous(session, [person]))


def _invitation(session: Session, row: Group, person: Person) -> GroupInvitation | None:
    """The person's invitation to a group, also one that they declined."""
    here = (GroupInvitation.group_id == row.id, GroupInvitation.person_id == person.id)
    return session.scalars(select(GroupInvitation).where(*here)).first()


def _invite(
    session: Session, viewer: Viewer, row: Group, person: Person, found: GroupInvitation | None
) -> GroupInvitation:
    """Invite somebody, in place of an earlier invitation that is over."""
    tries.count_invitation(session, viewer)
    by_id = writer(viewer)
    if found is None:
        found = GroupInvitation(id=new_id(), group_id=row.id, person_id=person.id)
        session.add(found)
    found.by_id, found.at, found.declined_at = by_id, clock.now(), None
    # Whom they have blocked sees what they see of any invitation, in the log of events too.
    found.withheld = queries.has_blocked(session, person.id, by_id)
    session.flush()
    append_invitation_changed(session, row, found, by_id, is_open=not found.withheld)
    return found


def _put(
    session: Session, row: Group, person: Person, member: Member | None, state: MemberState, by_id: str
) -> Member:
    """Give somebody this state in a locked group, with the event for it."""
    member = put(session, row, person, member, state, by_id)
    append_membership_changed(session, row, person, state, by_id)
    return member


def withdraw_invitation(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Take an invitation back; also the note that somebody declined one. Does nothing where there is none."""
    row = _moderated(session, viewer, slug)
    person, _ = queries.person_in(session, row.id, name)
    end_invitation(session, row, person.id, writer(viewer))


def answer_invitation(session: Session, viewer: Viewer, slug: str, accepted: bool) -> None:
    """Come into the group, or decline. Raises `NotFound` where there is no invitation."""
    person_id = owner(viewer)
    rules.known(hold_viewer(session, viewer))
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
    """Archive a group or reopen it, and say whether those outside see who is in it, and what mails tell of it."""
    row, mine = locked(session, viewer, slug)
    by_id = writer(viewer)
    archived = row.archived_at is not None
    takes_up = command.archived is False and rules.may_take_up(
        viewer, row.kind, archived, row.archived_by is not None, mine
    )
    if not (takes_up and command.members_shown is None and command.words_by_mail is None):
        rules.check_moderator(viewer, mine)
    if command.members_shown is not None:
        rules.check_members_shown(row.kind, command.members_shown)
        row.members_shown = command.members_shown
    if command.words_by_mail is not None:
        row.words_by_mail = command.words_by_mail
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
            _put(session, row, who, membership, state, by_id)


def _moderated(session: Session, viewer: Viewer, slug: str) -> Group:
    row, mine = locked(session, viewer, slug)
    writer(viewer)
    rules.check_moderator(viewer, mine)
    return row
