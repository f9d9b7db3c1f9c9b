"""Reads of groups. To an outsider a hidden group looks like one that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from contracts.common import Cursor, Page, PageSize
from contracts.errors import invalid
from contracts.people import GroupLine, GroupView, Membership, MemberState
from core import paging
from core.audience import Viewer
from core.names import name_key
from services.people import rules, views
from services.people.queries.look_alikes import ambiguous
from services.people.tables import Group, Member, Person
from services.shared.cursors import parse_cursor
from services.shared.ids import checked_ids, is_id

_SLUG = re.compile(r"[a-z0-9-]{1,80}")


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
    """A group that the viewer may know of, and their state in it. Raises `NotFound`."""
    row = session.scalar(select(Group).where(Group.slug == slug)) if _SLUG.fullmatch(slug) else None
    state = state_in(session, row.id, viewer.person_id) if row else "none"
    return rules.known(row if row and rules.knows_of(row.kind, state) else None), state


def group(session: Session, viewer: Viewer, slug: str) -> GroupView:
    """One group's page."""
    row, state = known_group(session, viewer, slug)
    return view_of(session, viewer, row, state)


def view_of(session: Session, viewer: Viewer, row: Group, state: MemberState) -> GroupView:
    """The view of a group for a viewer whose state in it is `state`."""
    requests = _requests(session, row.id) if rules.may_moderate(state) else 0
    return views.group_view(row, viewer, state, requests)


def groups(session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[GroupLine]:
    """The groups that the viewer may know of, by slug. The cursor is the slug of the page's last group."""
    query = select(Group).where(_known_to(viewer)).order_by(Group.slug).limit(limit + 1)
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
        rules.check_moderator(mine)
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


def _known_to(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.person_id is None:
        return Group.kind != "hidden"
    inside = (
        select(Member.person_id)
        .where(
            Member.group_id == Group.id,
            Member.person_id == viewer.person_id,
            Member.state.in_(rules.INSIDE),
        )
        .correlate(Group)
    )
    return or_(Group.kind != "hidden", and_(Group.kind == "hidden", inside.exists()))


def _lines(session: Session, viewer: Viewer, rows: Iterable[Group]) -> list[GroupLine]:
    found = list(rows)
    mine: dict[str, str] = {}
    if viewer.person_id is not None and found:
        rows_of_mine = session.execute(
            select(Member.group_id, Member.state).where(
                Member.person_id == viewer.person_id, Member.group_id.in_([row.id for row in found])
            )
        )
        mine = {row.group_id: row.state for row in rows_of_mine}
    return [
        views.group_line(row, cast(MemberState, mine.get(row.id, "none")), viewer.languages) for row in found
    ]


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
