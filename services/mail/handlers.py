"""What mail does when something happens at other services."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bus.eventlog.redaction import forget_requests
from contracts.common import Recorded
from contracts.people import PersonVanished
from services.mail.tables import Base


def person_vanished(session: Session, event: PersonVanished, recorded: Recorded) -> None:
    """Delete what is stored of a person who has vanished. A mail that waits to be handled finds nobody."""
    person_id = event.person.id
    for table in Base.metadata.sorted_tables:
        if "person_id" in table.c:
            session.execute(delete(table).where(table.c.person_id == person_id))
    forget_requests(session, person_id)
