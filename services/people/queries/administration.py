"""Reads for administrators: people by name and role, and the log of decisions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from contracts.administration import HeldRole, PeopleQuery
from contracts.common import Page
from contracts.people import PersonCard
from core.audience import Viewer, group_audience, group_of
from core.decisions import decisions
from core.names import name_key
from services.people import rules
from services.people.queries.groups import person_named
from services.people.queries.people import page_by_name
from services.people.tables import Decision, DisplayLookAlike, Group, Member, Person, RoleHeld
from services.shared.administration import Log
from services.shared.authorisation import check_reads_administration


def people_found(session: Session, viewer: Viewer, query: PeopleQuery) -> Page[PersonCard]:
    """People by name. Raises `Forbidden("administrators-only")`, `cursor-shape`."""
    check_reads_administration(viewer)
    which = []
    if query.text:
        which.append(_named_like(query.text))
    if query.holding is not None:
        holders = select(RoleHeld.person_id)
        if query.holding != "any":
            holders = holders.where(RoleHeld.role == query.holding)
        which.append(Person.id.in_(holders))
    return page_by_name(session, which, query.after, query.limit)


def roles_held(session: Session, viewer: Viewer, name: str) -> list[HeldRole]:
    """Somebody's roles for parts of the site, with those in groups that everybody may know of.

    Raises `Forbidden("administrators-only")`, `NotFound`.
    """
    check_reads_administration(viewer)
    person = rules.known(person_named(session, name))
    inside = select(Group.id, Group.slug, Member.state).join(Member, Member.group_id == Group.id)
    states = (Member.person_id == person.id, Member.state.in_(rules.INSIDE), Group.kind != "hidden")
    groups = session.execute(inside.where(*states).order_by(Group.slug)).all()
    found = [("moderator", group_audience(row.slug)) for row in groups if row.state == "moderator"]
    slugs = {group_audience(row.id): group_audience(row.slug) for row in groups}
    for row in sorted(person.roles_held, key=lambda each: (each.role, each.part)):
        part = row.part if group_of(row.part) is None else slugs.get(row.part, "")
        if part:
            found.append((row.role, part))
    return [HeldRole.model_validate({"role": role, "part": part}) for role, part in found]


def role_holders(session: Session, viewer: Viewer, part: str) -> int:
    """How many people have a role for a part of the site. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    count = select(func.count(RoleHeld.person_id.distinct())).where(RoleHeld.part == part)
    return session.scalar(count) or 0


_LOG = Log(decisions, Decision)
administration_log = _LOG.for_administrators
public_administration = _LOG.for_everybody


def _named_like(text: str) -> ColumnElement[bool]:
    """Whether a name has the text in it, or the display name has what looks like it."""
    keys = rules.look_alike_keys(text)
    displayed = select(DisplayLookAlike.person_id).where(
        or_(False, *(DisplayLookAlike.key.contains(key, autoescape=True) for key in sorted(keys)))
    )
    return or_(Person.name_key.contains(name_key(text), autoescape=True), Person.id.in_(displayed))
