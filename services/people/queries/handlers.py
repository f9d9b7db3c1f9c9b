"""Who may handle a case, and who reported it themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from contracts.common import Kind
from core import clock
from core.audience import PUBLIC, Viewer, group_audience, group_of
from services.people import case_rules, views
from services.people.case_tables import Case, CaseDecision, CaseReport
from services.people.queries.contact import KIND as MESSAGE
from services.people.tables import Member, Person, RoleHeld
from services.shared.powers import part_of

MOST_TOLD = 100
"""So many moderators at the most are notified of a case."""


def audience_of_case(session: Session, kind: str, audience: str, subject_id: str | None) -> str:
    """The audience whose moderators handle reports on an item: in a group its own, but those of the site if they are
    about the group or somebody who moderates it."""
    group = group_of(audience)
    if group is None:
        return audience
    concerned = select(Member.person_id).where(_moderating(group), Member.person_id == subject_id)
    if kind == "group" or session.scalar(concerned) is not None:
        return PUBLIC
    return group_audience(group)


def is_for_site(case: Case) -> bool:
    """Whether only those who moderate everything handle a case: an appeal, a message to them, and what a group's
    moderators leave to them."""
    return (
        case.appeal_of is not None
        or case.kind == MESSAGE
        or group_of(case.audience) != group_of(case.item_audience)
    )


def origin_of(session: Session, case: Case) -> Case:
    """The case with the reports: of an appeal the one that was decided, any other itself."""
    if case.appeal_of is None:
        return case
    # A process of the release before, which may still run during an upgrade, stores no `case_id`.
    case_id = session.get_one(CaseDecision, case.appeal_of).case_id
    known = Case.id == case_id if case_id else Case.decision_id == case.appeal_of
    return session.scalars(select(Case).where(known)).one()


def handler_ids(session: Session, case: Case, but: str | None) -> list[str]:
    """Up to 100 of the people who may handle a case, without `but`, who knows of it: a group's moderators, or those of
    the site, of its language and of its category, or if there are none the administrators."""
    others = [*_concerned(session, case), *([but] if but else [])]
    group = group_of(case.audience)
    if group is not None:
        wanted = select(Member.person_id).where(_moderating(group), Member.person_id.not_in(others))
        return list(session.scalars(wanted.order_by(Member.person_id).limit(MOST_TOLD)))
    parts = () if is_for_site(case) else case_rules.parts_of(cast(Kind, case.kind), part_of(case))
    for role in ("moderator", "administrator"):
        held = select(RoleHeld.person_id).where(RoleHeld.role == role, RoleHeld.part.in_(("", *parts)))
        held = held.where(RoleHeld.person_id.not_in(others)).distinct()
        if found := list(session.scalars(held.order_by(RoleHeld.person_id).limit(MOST_TOLD))):
            return found
    return []


def reported(session: Session, viewer: Viewer, case: Case) -> bool:
    """Whether the viewer is among those who reported."""
    return viewer.person_id in _reporters(session, case)


def may_decide_own(session: Session, viewer: Viewer, case: Case) -> bool:
    """Whether nobody else holds the power that a case needs: who neither reported, nor is concerned, nor is suspended
    or silenced."""
    involved = {*_concerned(session, case), *_reporters(session, case)}
    person = session.get(Person, case.subject_id or "")
    roles = views.roles(person) if person else []
    group = group_of(case.audience)
    if group is not None:
        holders = select(Member.person_id).where(_moderating(group))
    else:
        whole = (RoleHeld.part == "", RoleHeld.role.in_(case_rules.handling_roles(roles)))
        holders = select(RoleHeld.person_id).where(*whole)
    now = clock.now()
    free = select(Person.id).where(
        Person.id.in_(holders),
        Person.id.not_in(involved - {None}),
        or_(Person.suspended_until.is_(None), Person.suspended_until <= now),
        or_(Person.silenced_until.is_(None), Person.silenced_until <= now),
    )
    return session.scalar(free.limit(1)) is None


def _concerned(session: Session, case: Case) -> list[str]:
    """The person whom a case is about, of a group its moderators, and of an appeal who decided."""
    decided_by = session.get_one(CaseDecision, case.appeal_of).by_id if case.appeal_of else None
    found = [one for one in (case.subject_id, decided_by) if one is not None]
    if case.kind == "group":
        found += session.scalars(select(Member.person_id).where(_moderating(case.item_id)))
    return found


def _reporters(session: Session, case: Case) -> Collection[str | None]:
    of_case = CaseReport.case_id == origin_of(session, case).id
    return set(
        session.scalars(select(CaseReport.reporter_id).where(of_case, CaseReport.reporter_id.is_not(None)))
    )


def _moderating(group_id: str) -> ColumnElement[bool]:
    return and_(Member.group_id == group_id, Member.state == "moderator")
