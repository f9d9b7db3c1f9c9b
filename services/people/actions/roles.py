"""Grants and revokes roles."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.administration import ChangeRole
from contracts.errors import Conflict, Forbidden, invalid
from contracts.people import Profile
from core.audience import Role, Viewer, group_audience, group_of
from services.people import queries, rules
from services.people.actions.groups import locked_visible_group, put_in_office
from services.people.actions.names import append_person_changed, locked_by_name
from services.people.tables import Decision, Group, Member, Person, RoleHeld
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator


def change_role(session: Session, viewer: Viewer, name: str, command: ChangeRole) -> Profile:
    """Grant or revoke a role, of everything or of a part. Raises as `grant_role` does, and `language-unknown`,
    `role-whole`, `group-unknown`, `group-not-inside`, `Conflict("last-moderator")`."""
    if not command.part:
        return grant_role(session, viewer, name, command.role, command.held, command.reason)
    check_administrator(viewer)
    part = rules.checked_part(command.role, command.part)
    person = locked_by_name(session, name)  # before the group, as everybody does (`present`)
    group = None if group_of(part) is None else locked_visible_group(session, part.partition(":")[2])
    by_id = acting_administrator(session, viewer)
    if group is None:
        changed = hold_role(session, person, command.role, command.held, part)
    else:
        changed = _hold_in_group(session, group, person, command, by_id)
    profile = queries.person(session, viewer, person.name)
    if changed:
        append_person_changed(session, person)
        log_role(session, by_id, person, f"{command.role} {part}", command.held, command.reason)
    return profile


def grant_role(
    session: Session, viewer: Viewer, name: str, role: Role, held: bool, reason: str = ""
) -> Profile:
    """Grant or revoke a role of everything.

    Raises `Forbidden("administrators-only")`, `role-fixed`, `Conflict("last-administrator")`.
    """
    check_administrator(viewer)
    person = locked_by_name(session, name)
    if role == "member":
        raise invalid("role", "role-fixed")
    by_id = acting_administrator(session, viewer)
    changed = hold_role(session, person, role, held)
    profile = queries.person(session, viewer, person.name)
    if changed:
        append_person_changed(session, person)
        log_role(session, by_id, person, role, held, reason)
    return profile


def _hold_in_group(
    session: Session, group: Group, person: Person, command: ChangeRole, by_id: str | None
) -> bool:
    """Grant or revoke a role in a group: its moderators are so by their membership."""
    member = session.get(Member, (group.id, person.id))
    if member is None or member.state not in rules.INSIDE:
        raise invalid("part", "group-not-inside")
    if command.role == "moderator":
        return put_in_office(session, group, person, member, command.held, by_id or "")
    return hold_role(session, person, command.role, command.held, group_audience(group.id))


def make_administrator(session: Session, name: str) -> None:
    """Make somebody an administrator: for the operator's command line. Raises `NotFound`."""
    person = locked_by_name(session, name)
    if hold_role(session, person, "administrator", held=True):
        append_person_changed(session, person)
        log_role(session, None, person, "administrator", True, "")


def hold_role(session: Session, person: Person, role: Role, held: bool, part: str = "") -> bool:
    """Grant or revoke a role without an event or a log entry. Returns whether that changed anything.

    `part` is one of `RoleHeld`.
    """
    administrators = _locked_administrators(session)
    session.refresh(person, ["roles_held"])
    row = next((each for each in person.roles_held if (each.role, each.part) == (role, part)), None)
    if (row is not None) == held:
        return False
    if row is None:
        person.roles_held.append(RoleHeld(person_id=person.id, role=role, part=part))
    else:
        if role == "administrator" and len(administrators) <= 1:
            raise Conflict("last-administrator")
        person.roles_held.remove(row)
    session.flush()
    return True


def _locked_administrators(session: Session) -> Sequence[str]:
    """The ids of all administrators. Their rows are locked, so that two who take the role from each other can't both
    win."""
    wanted = select(RoleHeld.person_id).where(RoleHeld.role == "administrator").with_for_update()
    return session.scalars(wanted).all()


def check_not_last_administrator(session: Session, person_id: str) -> None:
    """Raise `Conflict("last-administrator")` if no other administrator would be left without this person."""
    if list(_locked_administrators(session)) == [person_id]:
        raise Conflict("last-administrator")


def acting_administrator(session: Session, viewer: Viewer) -> str | None:
    """The id of the administrator who acts; None for the demo and for imports, which act for nobody with an account.

    Raises `Forbidden("administrators-only")` if the viewer has lost the role since the request began.
    """
    if viewer.person_id is None or session.get(Person, viewer.person_id) is None:
        return None
    if viewer.person_id not in _locked_administrators(session):
        raise Forbidden("administrators-only")
    return viewer.person_id


def log_role(session: Session, by_id: str | None, person: Person, role: str, held: bool, reason: str) -> None:
    """Log that somebody has a role, or has it no more. `role`: with its part after a space, if it is for one."""
    action = "role-granted" if held else "role-revoked"
    session.add(new_decision(Decision, by_id, action, person.id, role, reason))
