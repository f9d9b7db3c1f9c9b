"""Gives accounts other names, and keeps the former ones for a time."""

from __future__ import annotations

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from contracts.own_account import Rename, RenamePerson
from core import clock
from core.audience import Viewer
from core.names import name_key
from services.people import own_rules, rules
from services.people.actions import terms
from services.people.actions.names import claim_name, locked_by_name, release_look_alikes
from services.people.actions.roles import acting_administrator
from services.people.own_tables import FormerName, ReservedName
from services.people.tables import Decision, Person
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, writer


def rename(session: Session, viewer: Viewer, command: Rename) -> str:
    """Give oneself another name; returns it as it is stored.

    Raises `TooMany("renamed-lately")`, `name-same`, and as signing up does.
    """
    person = rules.known(session.get(Person, writer(viewer), with_for_update=True))
    if not rules.unlimited(viewer):
        own_rules.check_rename(person.renamed_at)
    set_name(session, viewer, person, command.name)
    person.renamed_at = clock.now()
    session.flush()
    return person.name


def rename_person(session: Session, viewer: Viewer, name: str, command: RenamePerson) -> str:
    """Give somebody another name, and log it; returns it as it is stored.

    Raises `Forbidden("administrators-only")`, `name-same`, and as signing up does.
    """
    check_administrator(viewer)
    by_id = acting_administrator(session, viewer)
    person = locked_by_name(session, name)
    before = person.name
    set_name(session, viewer, person, command.name)
    session.add(new_decision(Decision, by_id, "person-renamed", person.id, before, command.reason))
    return person.name


def set_name(session: Session, viewer: Viewer, person: Person, wanted: str) -> None:
    """Give a locked person another name, append the event, and keep the one that they had."""
    name, before = rules.checked_name(wanted, viewer), person.name
    terms.check(session, viewer, "name", name, before)
    own_rules.check_not_vanished(name)
    own_rules.check_differs(name, before)
    now = clock.now()
    # A name that they had before is theirs again.
    not_kept = or_(FormerName.person_id == person.id, FormerName.until <= now)
    session.execute(delete(FormerName).where(FormerName.name_key == name_key(name), not_kept))
    key_before = person.name_key
    if key_before != name_key(name):
        session.execute(delete(FormerName).where(FormerName.name_key == key_before))
        kept = FormerName(
            name_key=key_before, name=before, person_id=person.id, until=now + own_rules.NAME_KEPT
        )
        session.add(kept)
        session.flush()
    claim_name(session, viewer, person, name)


def release_names(session: Session) -> None:
    """Let former names go whose time is over, and publish whose pages they led to."""
    over = FormerName.until <= clock.now()
    for person_id in session.scalars(select(FormerName.person_id).where(over).distinct()).all():
        # The person is locked before their names, as by who renames them.
        person = session.get_one(Person, person_id, with_for_update=True)
        session.execute(delete(FormerName).where(FormerName.person_id == person_id, over))
        former = session.scalars(select(FormerName.name).where(FormerName.person_id == person_id))
        release_look_alikes(session, person, [person.name, *former])
    session.execute(delete(ReservedName).where(ReservedName.until <= clock.now()))
