"""To whom mail of other services goes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.mail import MailRecipient
from services.people import rules
from services.people.queries.people import viewer_of_person
from services.people.queries.site import current_version
from services.people.tables import Person
from services.shared.ids import is_id


def mail_recipient(session: Session, person_id: str) -> MailRecipient | None:
    """To whom notifications of a person go; None where none may."""
    person = session.get(Person, person_id) if is_id(person_id) else None
    if person is None or person.email is None or person.vanishes_at or person.vanished_at:
        return None
    if rules.lasts(person.suspended_until):
        return None
    site = current_version(session, "name", "")
    return MailRecipient(
        email=person.email,
        language=person.interface_language or next(iter(person.languages), "en"),
        # It reads for the mail, and has none of the person's powers.
        viewer=viewer_of_person(session, person, ["read"]),
        site=site.text if site else "",
    )
