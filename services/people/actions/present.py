"""Holds people who are there, so that nothing is stored of one who vanishes at the same moment.

Who vanishes is locked first, and their groups after that. So whoever stores something of a person and locks a group
holds the person first.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.audience import Viewer
from services.people.tables import Person


def hold_present(session: Session, person: Person | None) -> Person | None:
    """The person, who does not vanish until the transaction ends; None of one who has vanished."""
    if person is None:
        return None
    session.refresh(person, with_for_update={"read": True, "key_share": True})
    return None if person.vanished_at is not None else person


def hold_viewer(session: Session, viewer: Viewer) -> Person | None:
    """The same of who acts; None of a stranger."""
    return hold_present(session, session.get(Person, viewer.person_id or ""))
