"""Finds people by names that they had before, and names that nobody can take."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.names import name_key
from services.people import own_rules
from services.people.own_tables import FormerName, ReservedName
from services.people.queries.groups import person_named
from services.people.tables import Person


def person_once_named(session: Session, name: str) -> Person | None:
    """The person who has this name, or had it until lately."""
    return person_named(session, name) or session.get(Person, former_owner(session, name) or "")


def is_reserved(session: Session, kind: own_rules.NameKey, keys: Collection[str]) -> bool:
    """Whether one of these keys was that of somebody who has vanished lately."""
    hashes = [own_rules.reserved_hash(kind, key) for key in keys]
    kept = select(ReservedName.key_hash).where(
        ReservedName.key_hash.in_(hashes), ReservedName.until > clock.now()
    )
    return session.scalar(kept.limit(1)) is not None


def former_owner(session: Session, name: str) -> str | None:
    """The id of the person who had this name until lately."""
    if "\0" in name:  # PostgreSQL takes no such text
        return None
    kept = select(FormerName.person_id).where(
        FormerName.name_key == name_key(name), FormerName.until > clock.now()
    )
    return session.scalar(kept)
