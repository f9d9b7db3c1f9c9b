"""To whom mail of other services goes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.mail import MailAuthor, MailRecipient
from services.people import access_rules, rules
from services.people.queries.people import viewer_of_person
from services.people.queries.site import current_version
from services.people.tables import Person
from services.shared.ids import is_id


def mail_recipient(session: Session, person_id: str) -> MailRecipient | None:
    """To whom notifications of a person go; None where none may."""
    person = _reached(session, person_id)
    if person is None or rules.lasts(person.suspended_until):
        return None
    return MailRecipient(
        email=person.email or "",
        language=_language(person),
        # It reads for the mail, and has none of the person's powers.
        viewer=viewer_of_person(session, person, ["read"]),
        site=_site(session),
    )


def mail_author(session: Session, person_id: str, address: str) -> MailAuthor | None:
    """Who writes by mail as a person; None where nobody may."""
    person = _reached(session, person_id)
    if person is None:
        return None
    suspended = rules.lasts(person.suspended_until)
    return MailAuthor(
        email=person.email or "",
        own=person.email_key == access_rules.email_key(address),
        language=_language(person),
        site=_site(session),
        # As with a token that may write: a mail proves less than a sign-in.
        viewer=None if suspended else viewer_of_person(session, person, ["read", "write"]),
    )


def _reached(session: Session, person_id: str) -> Person | None:
    """The person, where mail can go to them."""
    person = session.get(Person, person_id) if is_id(person_id) else None
    if person is None or person.email is None or person.vanishes_at or person.vanished_at:
        return None
    return person


def _language(person: Person) -> str:
    return person.interface_language or next(iter(person.languages), "en")


def _site(session: Session) -> str:
    site = current_version(session, "name", "")
    return site.text if site else ""
