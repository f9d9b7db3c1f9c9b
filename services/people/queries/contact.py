"""Reads of messages to the moderators."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.contact import ContactMessage, ContactView
from services.people import contact_rules
from services.people.case_tables import Case
from services.people.contact_tables import Contact, ContactWords

KIND = "message"
"""The `kind` of a message's case."""


def secret_hash(session: Session, lookup: str) -> str | None:
    """The hash of the conversation's secret; None if there is none."""
    return session.scalar(select(Contact.secret_hash).where(Contact.lookup == lookup))


def of_writer(session: Session, contact: Contact) -> ContactView:
    """A conversation, as its writer sees it."""
    rows = _words(session, contact.lookup)
    case = session.get(Case, contact.case_id or "")
    is_open = case is not None and case.closed_at is None
    return ContactView(
        state=contact_rules.state(rows[-1].by_id is None, is_open, rows[-1].held),
        messages=[
            ContactMessage(by_moderators=row.by_id is not None, on=row.day, words=row.words) for row in rows
        ],
    )


def of_case(session: Session, case: Case) -> list[ContactMessage]:
    """The messages of a case, as moderators see them; none for a case of another kind."""
    if case.kind != KIND:
        return []
    lookup = session.scalars(select(Contact.lookup).where(Contact.case_id == case.id)).one()
    return [
        ContactMessage(by_moderators=row.by_id is not None, on=row.day, words=row.words, by_id=row.by_id)
        for row in _words(session, lookup)
        if not row.held
    ]


def counts(session: Session) -> tuple[int, int]:
    """How many conversations are held, and how many there are at all."""
    held = select(func.count(Contact.lookup)).where(
        Contact.lookup.in_(select(ContactWords.lookup).where(ContactWords.held))
    )
    return session.scalar(held) or 0, session.scalar(select(func.count(Contact.lookup))) or 0


def last_are_writers(session: Session, lookup: str) -> list[bool]:
    """Of the newest messages, the newest first, whether they are the writer's."""
    newest = select(ContactWords.by_id).where(ContactWords.lookup == lookup).order_by(ContactWords.id.desc())
    return [by_id is None for by_id in session.scalars(newest.limit(contact_rules.UNANSWERED))]


def _words(session: Session, lookup: str) -> list[ContactWords]:
    return list(
        session.scalars(select(ContactWords).where(ContactWords.lookup == lookup).order_by(ContactWords.id))
    )
