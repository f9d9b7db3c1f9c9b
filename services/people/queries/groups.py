"""Reads of groups. To an outsider a hidden group looks like one that does not exist.

What the viewer may know of is a condition of the statement that looks a group up, so that both take the same statements
and return the same rows: an answer's time tells nothing either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager

from contracts.common import Cursor, Page, PageSize
from contracts.errors import invalid
from contracts.people import GroupLine, GroupView, Membership, MemberState
from core import paging
from core.audience import Viewer
from core.names import name_key
from services.people import rules, views
from services.people.queries.look_alikes import ambiguous
from services.people.tables import Group, GroupAddress, GroupInvitation, Member, Person
from services.shared.cursors import parse_cursor
from services.shared.ids import checked_ids, is_id

_SLUG = re.compile(r"[a-z0-9-]{1,80}")


ANSWERABLE = (GroupInvitation.declined_at.is_(None), GroupInvitation.withheld.is_(False))
"""Which invitations wait for an answer of the invited person."""


def person_named(session: Session, name: str) -> Person | None:
    """The person with this name, in any case and normalisation form."""
    if "\0" in name:  # PostgreSQL takes no such text
        return None
    return session.scalar(select(Person).where(Person.name_key == name_key(name)))


def state_in(session: Session, group_id: str, person_id: str | None) -> MemberState:
    """A person's state in a group; `none` for strangers."""
    if person_id is None:
        return "none"
    found = session.scalar(
        select(Member.state).where(Member.group_id == group_id, Member.person_id == person_id)
    )
    return cast(MemberState, found or "none")


def known_group(session: Session, viewer: Viewer, slug: str) -> tuple[Group, MemberState]:
    """A group that the viewer may know of, and their state in it. Raises `NotFound`.

    Of groups with the same address, the viewer's own hidden one comes first: nobody can take its address from them.
    """
    if not _SLUG.fullmatch(slug):
        rules.known(None)
    found = session.execute(
        select(Group, Member.state)
        .outerjoin(Member, and_(Member.group_id == Group.id, Member.person_id == (viewer.person_id or "")))
        .where(
            _addressed(viewer, slug),
            or_(Group.kind != "hidden", Member.state.in_(rules.INSIDE), _invited(viewer)),
        )
        .order_by((Group.kind == "hidden").desc(), Group.id)
        .limit(1)
    ).first()
    row, state = rules.known(found)
    return row, cast(MemberState, state or "none")


def group(session: Session, viewer: Viewer, slug: str) -> GroupView:
    """One group's page."""
    row, state = known_group(session, viewer, slug)
    return view_of(session, viewer, row, state)


def view_of(session: Session, viewer: Viewer, row: Group, state: MemberState) -> GroupView:
    """The view of a group for a viewer whose state in it is `state`."""
    requests = _requests(session, row.id) if rules.may_moderate(viewer, state) else 0
    taken = session.scalar(select(_taken(viewer)).where(Group.id == row.id))
    slug = rules.lasting_slug(row.slug, row.id) if taken else row.slug
    invited = open_invitation(session, row.id, viewer.person_id) is not None
    return views.group_view(row, slug, viewer, state, requests, invited)


def open_invitation(session: Session, group_id: str, person_id: str | None) -> GroupInvitation | None:
    """A person's invitation to a group that waits for their answer."""
    if person_id is None:
        return None
    wanted = select(GroupInvitation).where(
        GroupInvitation.group_id == group_id, GroupInvitation.person_id == person_id
    )
    return session.scalars(wanted.where(*ANSWERABLE)).first()


def groups(session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[GroupLine]:
    """The groups that the viewer may know of, by slug. The cursor is the slug of the page's last group."""
    return _page(session, viewer, Group.archived_at.is_(None), after, limit)


def archived_groups(
    session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize
) -> Page[GroupLine]:
    """The same of those that are archived."""
    return _page(session, viewer, Group.archived_at.is_not(None), after, limit)


def _page(
    session: Session, viewer: Viewer, which: ColumnElement[bool], after: Cursor | None, limit: PageSize
) -> Page[GroupLine]:
    query = select(Group).where(_known_to(viewer), which).order_by(Group.slug).limit(limit + 1)
    if after is not None:
        if not _SLUG.fullmatch(after):
            raise invalid("after", "cursor-shape")
        query = query.where(Group.slug > after)
    rows = session.scalars(query).all()
    more = len(rows) > limit
    return Page(items=_lines(session, viewer, rows[:limit]), next=rows[limit - 1].slug if more else None)


def groups_by_id(session: Session, viewer: Viewer, ids: list[str]) -> list[GroupLine]:
    """Those of `ids` that the viewer may know of."""
    rows = session.scalars(
        select(Group)
        .where(Group.id.in_(checked_ids(ids, rules.AT_ONCE)), _known_to(viewer))
        .order_by(Group.slug)
    )
    return _lines(session, viewer, rows.all())


def groups_of_person(session: Session, viewer: Viewer, person_id: str) -> list[GroupLine]:
    """Those of a person's groups that the viewer may know of."""
    rows = session.scalars(
        select(Group)
        .join(Member, Member.group_id == Group.id)
        .where(Member.person_id == person_id, Member.state.in_(rules.INSIDE), _known_to(viewer))
        .where(or_(Group.members_shown, literal(person_id == viewer.person_id), _inside(viewer)))
        .order_by(Group.slug)
    )
    return _lines(session, viewer, rows.all())


def members(
    session: Session,
    viewer: Viewer,
    slug: str,
    state: MemberState | None,
    after: Cursor | None,
    limit: PageSize,
) -> Page[Membership]:
    """A group's members, those who joined first coming first."""
    row, mine = known_group(session, viewer, slug)
    if state == "requested":
        rules.check_moderator(viewer, mine)
    if not rules.may_see_members(row.kind, row.members_shown, mine):
        return Page(items=[])
    wanted = rules.INSIDE if state is None else frozenset({state})
    query = (
        select(Member)
        .join(Member.person)
        .options(contains_eager(Member.person))
        .where(Member.group_id == row.id, Member.state.in_(wanted))
        .order_by(Member.since, Member.person_id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(tuple_(Member.since, Member.person_id) > _after_member(after))
    rows = session.scalars(query).all()
    marked = ambiguous(session, [each.person for each in rows])
    return Page(
        items=[views.membership(each, each.person, viewer, mine, marked) for each in rows[:limit]],
        next=paging.cursor(rows[limit - 1].since, rows[limit - 1].person_id) if len(rows) > limit else None,
    )


def person_in(session: Session, group_id: str, name: str) -> tuple[Person, Member | None]:
    """A person by name, and their membership in a group, if any. Raises `NotFound` for an unknown name."""
    person = rules.known(person_named(session, name))
    return person, session.get(Member, (group_id, person.id))


def own_address(session: Session, viewer: Viewer, slug: str) -> bool:
    """Whether it is the address of a hidden group that the viewer is in."""
    return bool(session.scalar(select(_own_addresses(viewer).where(GroupAddress.slug == slug).exists())))


def _own_addresses(viewer: Viewer) -> Select[str]:
    """The ids of hidden groups that the viewer is in; to be limited to some addresses."""
    return (
        select(GroupAddress.group_id)
        .join(Member, Member.group_id == GroupAddress.group_id)
        .where(Member.person_id == (viewer.person_id or ""), Member.state.in_(rules.INSIDE))
    )


def _addressed(viewer: Viewer, slug: str) -> ColumnElement[bool]:
    own = _own_addresses(viewer).where(GroupAddress.slug == slug)
    return or_(Group.slug == slug, Group.id == rules.id_in_slug(slug), Group.id.in_(own))


def _taken(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the slug of a row of `Group` leads this viewer to a hidden group of theirs."""
    return _own_addresses(viewer).where(GroupAddress.slug == Group.slug).correlate(Group).exists()


def _known_to(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.person_id is None:
        return Group.kind != "hidden"
    return or_(Group.kind != "hidden", and_(Group.kind == "hidden", _inside(viewer)))


def _inside(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer is in a row of `Group`: as is stored of the person, or as is said of somebody who stands for
    all who are in the same groups, and for whom one page is made."""
    mine = aliased(Member)
    here = (mine.group_id == Group.id, mine.person_id == (viewer.person_id or ""))
    stored = select(mine.person_id).where(*here, mine.state.in_(rules.INSIDE)).correlate(Group).exists()
    return or_(Group.id.in_(sorted(viewer.groups)), stored)


def _invited(viewer: Viewer) -> ColumnElement[bool]:
    """Whether an invitation to a row of `Group` waits for the viewer's answer."""
    here = (GroupInvitation.group_id == Group.id, GroupInvitation.person_id == (viewer.person_id or ""))
    return select(GroupInvitation.id).where(*here, *ANSWERABLE).correlate(Group).exists()


def _lines(session: Session, viewer: Viewer, rows: Iterable[Group]) -> list[GroupLine]:
    found = list(rows)
    mine: dict[str, tuple[str | None, bool]] = {}
    if viewer.person_id is not None and found:
        rows_of_mine = session.execute(
            select(Group.id, Member.state, _taken(viewer))
            .outerjoin(Member, and_(Member.group_id == Group.id, Member.person_id == viewer.person_id))
            .where(Group.id.in_([row.id for row in found]))
        )
        mine = {group_id: (state, taken) for group_id, state, taken in rows_of_mine}
    lines = []
    for row in found:
        state, taken = mine.get(row.id, (None, False))
        slug = rules.lasting_slug(row.slug, row.id) if taken else row.slug
        lines.append(views.group_line(row, slug, cast(MemberState, state or "none"), viewer.languages))
    return lines


def _requests(session: Session, group_id: str) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Member)
            .where(Member.group_id == group_id, Member.state == "requested")
        )
        or 0
    )


def _after_member(after: str) -> tuple[datetime, str]:
    moment, person_id, *_ = parse_cursor(after)
    if not is_id(person_id):
        raise invalid("after", "cursor-shape")
    return moment, person_id
