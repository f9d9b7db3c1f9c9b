"""Finds people by names that they had before."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.names import name_key
from services.people.own_tables import FormerName
from services.people.queries.groups import person_named
from services.people.tables import Person


def person_once_named(session: Session, name: str) -> Person | None:
    """The person who has this name, or had it until lately."""
    return person_named(session, name) or session.get(Person, former_owner(session, name) or "")


def former_owner(session: Session, name: str) -> str | None:
    """The id of the person who had this name until lately."""
    if "\0" in name:  # PostgreSQL takes no such text
        return None
    kept = select(FormerName.person_id).where(
        FormerName.name_key == name_key(name), FormerName.until > clock.now()
    )
    return session.scalar(kept)
