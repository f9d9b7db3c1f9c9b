"""The commands on groups and their members.

Each locks its group's row first, so that the count of members is right and a group keeps a moderator,
whatever runs at the same time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, cast

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import invalid
from contracts.people import (
    CreateGroup,
    GroupChanged,
    GroupKind,
    GroupView,
    Membership,
    MembershipChanged,
    MemberState,
    SetGroupText,
)
from core import clock
from core.audience import Viewer, group_audience
from core.ids import new_id
from services.people import queries, rules, views
from services.people.actions.descriptions import render_group
from services.people.tables import Group, GroupAddress, GroupWords, Member, Person, RoleHeld
from services.shared.authorisation import owner, writer

_MODERATOR: MemberState = "moderator"


def create_group(session: Session, viewer: Viewer, command: CreateGroup) -> GroupView:
    """Create a group.

    A hidden one gets a slug that nobody can choose or guess; for those inside it, the one chosen leads to it as well.
    Raises `slug-taken`, `slug-reserved`, `language-unknown`, `TooMany("too-many-groups")`.
    """
    person_id = writer(viewer)
    rules.check_slug(command.slug)
    language = rules.checked_language(command.language, "language")
    rules.check_new_group(viewer, _created_today(session, person_id))
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
    person = rules.known(session.get(Person, person_id))
    view = queries.view_of(session, viewer, row, _MODERATOR)
    _append_group_changed(session, row)
    _append_membership_changed(session, row, person, _MODERATOR, person_id)
    return view


def set_group_text(session: Session, viewer: Viewer, slug: str, command: SetGroupText) -> GroupView:
    """Write name and description in one language.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `language-unknown`.
    """
    row, mine = _locked(session, viewer, slug)
    writer(viewer)
    rules.check_moderator(viewer, mine)
    language = rules.checked_language(command.language, "language")
    text = next((each for each in row.texts if each.language == language), None)
    if text is None:
        text = GroupWords(language=language)
        row.texts.append(text)
    text.name, text.about = command.name, command.about
    render_group(text)
    session.flush()
    view = queries.view_of(session, viewer, row, mine)
    _append_group_changed(session, row)
    return view


def join(session: Session, viewer: Viewer, slug: str) -> GroupView:
    """Join an open group, or ask to join a closed one. Does nothing if done already.

    Raises `NotFound`, `SignInNeeded`.
    """
    row, mine = _locked(session, viewer, slug)
    person = rules.known(session.get(Person, writer(viewer)))
    state = rules.state_after_join(cast(GroupKind, row.kind), mine)
    if state != mine:
        _put(session, row, person, None, state)
    view = queries.view_of(session, viewer, row, state)
    if state != mine:
        _append_membership_changed(session, row, person, state, person.id)
    return view


def leave(session: Session, viewer: Viewer, slug: str) -> None:
    """Leave a group, or withdraw one's request. Raises `NotFound`, `Conflict("last-moderator")`."""
    row, _ = _locked(session, viewer, slug)
    person = rules.known(session.get(Person, owner(viewer)))
    member = session.get(Member, (row.id, person.id))
    if member is not None:
        _take_out(session, row, member)
        _append_membership_changed(session, row, person, "none", person.id)


def set_member(
    session: Session, viewer: Viewer, slug: str, name: str, state: Literal["member", "moderator"]
) -> Membership:
    """Accept a request, invite (hidden groups), promote, or make a moderator a member again.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `Conflict("join-not-asked")`,
    `Conflict("last-moderator")`.
    """
    row, mine = _locked(session, viewer, slug)
    by_id = writer(viewer)
    rules.check_moderator(viewer, mine)
    person, member = queries.person_in(session, row.id, name)
    before = cast(MemberState, member.state if member else "none")
    rules.check_adding(cast(GroupKind, row.kind), before)
    if before == _MODERATOR and state != _MODERATOR:
        rules.check_moderator_may_go(_moderators(session, row))
    if before != state:
        member = _put(session, row, person, member, state)
    membership = views.membership(
        rules.known(member), person, viewer, mine, queries.ambiguous(session, [person])
    )
    if before != state:
        _append_membership_changed(session, row, person, state, by_id)
    return membership


def remove_member(session: Session, viewer: Viewer, slug: str, name: str) -> None:
    """Decline a request or remove a member; with the viewer's own name, leave.

    Raises `NotFound`, `Forbidden("group-moderators-only")`, `Conflict("last-moderator")`.
    """
    if rules.is_own_name(viewer, name):
        leave(session, viewer, slug)
        return
    row, mine = _locked(session, viewer, slug)
    by_id = writer(viewer)
    rules.check_moderator(viewer, mine)
    person, member = queries.person_in(session, row.id, name)
    _take_out(session, row, rules.known(member))
    _append_membership_changed(session, row, person, "none", by_id)


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
        rules.check_moderator_may_go(_moderators(session, row))
    state: MemberState = _MODERATOR if held else "member"
    _put(session, row, person, member, state)
    _append_membership_changed(session, row, person, state, by_id)
    return True


def _locked(session: Session, viewer: Viewer, slug: str) -> tuple[Group, MemberState]:
    row, _ = queries.known_group(session, viewer, slug)
    session.refresh(row, with_for_update=True)
    state = queries.state_in(session, row.id, viewer.person_id)
    return rules.known(row if rules.knows_of(row.kind, state) else None), state


def _put(session: Session, row: Group, person: Person, member: Member | None, state: MemberState) -> Member:
    was_inside = member is not None and member.state in rules.INSIDE
    if member is None:
        member = Member(group_id=row.id, person_id=person.id, since=clock.now(), state=state)
        session.add(member)
    elif not was_inside:
        member.since = clock.now()
    member.state = state
    row.members += (state in rules.INSIDE) - was_inside
    session.flush()
    return member


def _take_out(session: Session, row: Group, member: Member) -> None:
    if member.state == _MODERATOR:
        rules.check_moderator_may_go(_moderators(session, row))
    if member.state in rules.INSIDE:
        row.members -= 1
    of_group = (RoleHeld.person_id == member.person_id, RoleHeld.part == group_audience(row.id))
    session.execute(delete(RoleHeld).where(*of_group))
    session.delete(member)
    session.flush()


def _moderators(session: Session, row: Group) -> int:
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


def _append_group_changed(session: Session, row: Group) -> None:
    append_event(session, GroupChanged(group=views.group_state(row)))


def _append_membership_changed(
    session: Session, row: Group, person: Person, state: MemberState, by_id: str
) -> None:
    event = MembershipChanged(
        group=views.group_state(row), person_id=person.id, person_name=person.name, state=state, by_id=by_id
    )
    append_event(session, event)
