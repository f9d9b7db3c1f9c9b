"""Finds people whose names look like others'."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from core.columns import AnyRow
from services.people import rules
from services.people.tables import DisplayLookAlike, NameLookAlike, Person


def has_look_alike(session: Session, name: str, besides: str = "") -> bool:
    """Whether somebody besides the person of that id has, or lately had, a name that looks like this one."""
    keys = rules.look_alike_keys(name)
    alike = select(NameLookAlike.key).where(NameLookAlike.key.in_(keys), NameLookAlike.person_id != besides)
    return session.scalar(alike.limit(1)) is not None


def ambiguous(session: Session, people: Iterable[Person | AnyRow]) -> set[str]:
    """The ids of those of `people` whose display name looks like another person's name or display name."""
    ids = [person.id for person in people if person.display_name]
    if not ids:
        return set()
    one, other = aliased(DisplayLookAlike), aliased(DisplayLookAlike)
    displayed = select(other.key).where(other.key == one.key, other.person_id != one.person_id)
    named = select(NameLookAlike.key).where(
        NameLookAlike.key == one.key, NameLookAlike.person_id != one.person_id
    )
    found = select(one.person_id).where(one.person_id.in_(ids), or_(displayed.exists(), named.exists()))
    return set(session.scalars(found.distinct()))


def only_ones_shown_as(session: Session, keys: Collection[str], besides: str) -> list[Person]:
    """For each of these keys the person whose display name has it, if it is one person besides `besides`.

    If they are more, they are ambiguous already, whatever one more or less is called.
    """
    only = (
        select(func.min(DisplayLookAlike.person_id))
        .where(DisplayLookAlike.key.in_(keys), DisplayLookAlike.person_id != besides)
        .group_by(DisplayLookAlike.key)
        .having(func.count() == 1)
    )
    return list(session.scalars(select(Person).where(Person.id.in_(only))))
