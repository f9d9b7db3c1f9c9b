"""On whose behalf messages of other services to phones are made."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.push import PushRecipient
from core import clock
from services.people import rules
from services.people.passwords import session_id
from services.people.queries.people import viewer_of_person
from services.people.queries.site import current_version
from services.people.tables import BrowserSession, Person
from services.shared.ids import is_id


def push_recipient(session: Session, person_id: str) -> PushRecipient | None:
    """To whom messages for a person's devices go; None where none may."""
    person = session.get(Person, person_id) if is_id(person_id) else None
    if person is None or person.vanishes_at or person.vanished_at or rules.lasts(person.suspended_until):
        return None
    site = current_version(session, "name", "")
    own = (BrowserSession.person_id == person_id, BrowserSession.expires_at > clock.now())
    return PushRecipient(
        language=person.interface_language or next(iter(person.languages), "en"),
        # It reads for the message, and has none of the person's powers.
        viewer=viewer_of_person(session, person, ["read"]),
        site=site.text if site else "",
        sessions=[
            session_id(each) for each in session.scalars(select(BrowserSession.token_hash).where(*own))
        ],
    )
