"""The commands on groups and their members.

Each locks its group's row first, so that the count of members is right and a group keeps a moderator,
whatever runs at the same time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import invalid
from contracts.groups import AskToJoin
from contracts.people import (
    CreateGroup,
    GroupChanged,
    GroupKind,
    GroupView,
    InvitationChanged,
    MembershipChanged,
    MemberState,
    SetGroupText,
)
from core import clock
from core.audience import Viewer, group_audience
from core.ids import new_id
from services.people import queries, rules, views
from services.people.actions import terms
from services.people.actions.descriptions import render_group
from services.people.actions.present import hold_viewer
from services.people.tables import (
    Group,
    GroupAddress,
    GroupInvitation,
    GroupWords,
    Member,
    Person,
    RoleHeld,
)
from services.shared.authorisation import owner, writer

_MODERATOR: MemberState = "moderator"


def create_group(session: Session, viewer: Viewer, command: CreateGroup) -> GroupView:
    """Create a group.

    A hidden one gets a slug that nobody can choose or guess; for those inside it, the one chosen leads to it as well.
    Raises `slug-taken`, `slug-reserved`, `language-unknown`, `TooMany("too-many-groups")`.
    """
    person_id = writer(viewer)
    person = rules.known(hold_viewer(session, viewer))
    rules.check_slug(command.slug)
    rules.check_members_shown(command.kind, command.members_shown)
    language = rules.checked_language(command.language, "language")
    rules.check_new_group(viewer, _created_today(session, person_id))
    terms.check(session, viewer, "name", command.name)
    terms.check(session, viewer, "about", command.about)
    _check_free(session, viewer, command.slug)
    group_id, hidden = new_id(), command.kind == "hidden"
    now = clock.now()
    text = render_group(GroupWords(language=language, name=command.name, about=command.about))
    row = Group(
        id=group_id,
        slug=rules.lasting_slug(command.slug, group_id) if hidden else command.slug,
        kind=command.kind,
        language=language,
        founder_id=person_id,
        created_at=now,
        members=1,
        members_shown=command.members_shown,
        texts=[text],
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
            session.add(Member(group_id=row.id, person_id=person_id, state=_MODERATOR, since=now))
            if hidden:
                session.add(GroupAddress(group_id=row.id, slug=command.slug))
    except IntegrityError:  # another transaction was faster
        raise invalid("slug", "slug-taken") from None
    view = queries.view_of(session, viewer, row, _MODERATOR)
    append_group_changed(session, row)
    append_membership_changed(session, row, person, _MODERATOR, person_id)
    return view


def set_group_text(session: Session, viewer: Viewer, slug: str, command: SetGroupText) -> GroupView:
    """Write name and description in one language.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `language-unknown`.
    """
    row, mine = locked(session, viewer, slug)
    writer(viewer)
    rules.check_moderator(viewer, mine)
    rules.check_not_archived(row.archived_at)
    language = rules.checked_language(command.language, "language")
    text = next((each for each in row.texts if each.language == language), None)
    terms.check(session, viewer, "name", command.name, text.name if text else "")
    terms.check(session, viewer, "about", command.about, text.about if text else "")
    if text is None:
        text = GroupWords(language=language)
        row.texts.append(text)
    text.name, text.about = command.name, command.about
    render_group(text)
    session.flush()
    view = queries.view_of(session, viewer, row, mine)
    append_group_changed(session, row)
    return view


def join(session: Session, viewer: Viewer, slug: str, words: str = "") -> GroupView:
    """Join an open group, or one that the viewer was invited to; ask to join another closed one, with `words` for its
    moderators. Does nothing if done already.

    Raises `NotFound`, `SignInNeeded`, `Forbidden("group-archived")`.
    """
    held = hold_viewer(session, viewer)
    row, mine = locked(session, viewer, slug)
    writer(viewer)
    person = rules.known(held)
    invited = queries.open_invitation(session, row.id, person.id) is not None
    state = rules.state_after_join(cast(GroupKind, row.kind), mine, invited)
    if state != mine:
        rules.check_not_archived(row.archived_at)
        member = put(session, row, person, session.get(Member, (row.id, person.id)), state, person.id)
        member.words = words if state == "requested" else ""
    view = queries.view_of(session, viewer, row, state)
    if state != mine:
        append_membership_changed(session, row, person, state, person.id)
    return view


def ask_to_join(session: Session, viewer: Viewer, slug: str, command: AskToJoin) -> None:
    """`join` with words."""
    join(session, viewer, slug, command.words)


def leave(session: Session, viewer: Viewer, slug: str) -> None:
    """Leave a group, or withdraw one's request. Raises `NotFound`, `Conflict("last-moderator")`."""
    row, _ = locked(session, viewer, slug)
    person = rules.known(session.get(Person, owner(viewer)))
    member = session.get(Member, (row.id, person.id))
    if member is not None:
        _take_out(session, row, member)
        append_membership_changed(session, row, person, "none", person.id)


def remove_member(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Decline a request or remove a member; with the viewer's own name, leave.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `Conflict("last-moderator")`.
    """
    if rules.is_own_name(viewer, name):
        leave(session, viewer, slug)
        return
    row, mine = locked(session, viewer, slug)
    by_id = writer(viewer)
    rules.check_moderator(viewer, mine)
    person, member = queries.person_in(session, row.id, name)
    _take_out(session, row, rules.known(member))
    append_membership_changed(session, row, person, "none", by_id)


def locked_visible_group(session: Session, slug: str) -> Group:
    """A group that everybody may know of, locked. Raises `group-unknown`."""
    wanted = select(Group).where(Group.slug == slug, Group.kind != "hidden").with_for_update()
    row = session.scalars(wanted).first()
    if row is None:
        raise invalid("part", "group-unknown")
    return row


def put_in_office(
    session: Session, row: Group, person: Person, member: Member, held: bool, by_id: str
) -> bool:
    """Make a member of a locked group its moderator (`held`), or a member again; returns whether that changed anything.

    Raises `Conflict("last-moderator")`.
    """
    if (member.state == _MODERATOR) == held:
        return False
    if not held:
        rules.check_moderator_may_go(moderators(session, row))
    state: MemberState = _MODERATOR if held else "member"
    put(session, row, person, member, state, by_id)
    append_membership_changed(session, row, person, state, by_id)
    return True


def end_invitation(session: Session, row: Group, person_id: str, by_id: str) -> None:
    """Delete a person's invitation to a group, if there is one."""
    found = select(GroupInvitation).where(
        GroupInvitation.group_id == row.id, GroupInvitation.person_id == person_id
    )
    for invitation in session.scalars(found):
        if invitation.declined_at is None:
            append_invitation_changed(session, row, invitation, by_id, is_open=False)
        session.delete(invitation)
        session.flush()


def append_invitation_changed(
    session: Session, row: Group, invitation: GroupInvitation, by_id: str, is_open: bool
) -> None:
    """Append the event that an invitation waits for its answer, or no longer does."""
    event = InvitationChanged(
        invitation_id=invitation.id,
        group=views.group_state(row),
        person_id=invitation.person_id,
        by_id=by_id,
        is_open=is_open,
    )
    append_event(session, event)


def locked(session: Session, viewer: Viewer, slug: str) -> tuple[Group, MemberState]:
    """A group that the viewer knows of, locked, and their state in it. Raises `NotFound`."""
    row, _ = queries.known_group(session, viewer, slug)
    session.refresh(row, with_for_update=True)
    state = queries.state_in(session, row.id, viewer.person_id)
    invited = queries.open_invitation(session, row.id, viewer.person_id) is not None
    return rules.known(row if rules.knows_of(row.kind, state, invited) else None), state


def put(
    session: Session, row: Group, person: Person, member: Member | None, state: MemberState, by_id: str
) -> Member:
    """Give somebody this state in a locked group, without the event for it. An invitation is over once they are in."""
    was_inside = member is not None and member.state in rules.INSIDE
    if member is None:
        member = Member(group_id=row.id, person_id=person.id, since=clock.now(), state=state)
        session.add(member)
    elif not was_inside:
        member.since = clock.now()
    member.state = state
    if state in rules.INSIDE:
        member.words = ""
        end_invitation(session, row, person.id, by_id)
    row.members += (state in rules.INSIDE) - was_inside
    session.flush()
    return member


def _take_out(session: Session, row: Group, member: Member) -> None:
    if member.state == _MODERATOR:
        rules.check_moderator_may_go(moderators(session, row))
    if member.state in rules.INSIDE:
        row.members -= 1
    of_group = (RoleHeld.person_id == member.person_id, RoleHeld.part == group_audience(row.id))
    session.execute(delete(RoleHeld).where(*of_group))
    session.delete(member)
    session.flush()


def moderators(session: Session, row: Group) -> int:
    """The number of a group's moderators."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Member)
            .where(Member.group_id == row.id, Member.state == _MODERATOR)
        )
        or 0
    )


def _created_today(session: Session, person_id: str) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Group)
            .where(Group.founder_id == person_id, Group.created_at > clock.now() - timedelta(days=1))
        )
        or 0
    )


def _check_free(session: Session, viewer: Viewer, slug: str) -> None:
    """Raise `slug-taken` if an address that the viewer may know of has the slug. Hidden groups of others don't count,
    and don't stand in the way: their own slugs are not ones that can be chosen."""
    taken = session.scalar(select(Group.id).where(Group.slug == slug))
    if queries.own_address(session, viewer, slug) or taken is not None:
        raise invalid("slug", "slug-taken")


def append_group_changed(session: Session, row: Group, *, rights_changed: bool = False) -> None:
    """Append the event with the group's whole state."""
    append_event(session, GroupChanged(group=views.group_state(row), rights_changed=rights_changed))


def append_membership_changed(
    session: Session, row: Group, person: Person, state: MemberState, by_id: str
) -> None:
    """Append the event of somebody's state in a group."""
    event = MembershipChanged(
        group=views.group_state(row), person_id=person.id, person_name=person.name, state=state, by_id=by_id
    )
    append_event(session, event)
