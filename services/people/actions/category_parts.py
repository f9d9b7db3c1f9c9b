"""Moves what people hold for a category of blog or forum that is no more."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.removed_categories import CategoryRemoved
from core.audience import Role
from services.people import case_rules
from services.people.actions.names import append_person_changed
from services.people.actions.roles import hold_role, log_role
from services.people.case_tables import Case, CaseDecision
from services.people.tables import Person, RoleHeld


def category_removed(session: Session, event: CategoryRemoved, recorded: Recorded) -> None:
    """Roles for a category are for the one that it was merged into, by who merged it, and its cases are for whoever has
    these. Of an empty one they end."""
    for table in (Case, CaseDecision):
        of_it = (table.category == event.slug, table.kind.in_(case_rules.KINDS[event.domain]))
        moved = update(table).where(*of_it).values(category=event.into or "")
        session.execute(moved, execution_options={"synchronize_session": False})
    part = f"{event.domain}:{event.slug}"
    wanted = select(RoleHeld.person_id).where(RoleHeld.part == part).order_by(RoleHeld.person_id)
    for person_id in session.scalars(wanted.distinct()).all():
        person = session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
        session.refresh(person, ["roles_held"])
        for role in sorted(row.role for row in person.roles_held if row.part == part):
            _move(session, event, person, cast(Role, role), part)
        append_person_changed(session, person)


def _move(session: Session, event: CategoryRemoved, person: Person, role: Role, part: str) -> None:
    by_id = event.by_id or None
    hold_role(session, person, role, False, part)
    log_role(session, by_id, person, f"{role} {part}", False, event.reason)
    if event.into is not None:
        now = f"{event.domain}:{event.into}"
        if hold_role(session, person, role, True, now):
            log_role(session, by_id, person, f"{role} {now}", True, event.reason)
