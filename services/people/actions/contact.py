"""Messages to the moderators by people who say to nobody who they are: writing, and reading by code.

Codes are hashed and compared between transactions, as passwords are: see `sign_in`. Nothing that is written here
appends an event or stores a time: moderators are told later, by `contact_delivery`.
"""

from __future__ import annotations

from datetime import date
from typing import cast

from pydantic import SecretStr
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from contracts.contact import ContactView, ContinueContact, OpenContact, ReadContact
from contracts.errors import Conflict
from core import clock
from core.audience import Viewer
from core.database import Database, insert_or_ignore
from services.people import access_rules, contact_rules, passwords
from services.people.actions.sign_in import HASHING
from services.people.contact_tables import Contact, ContactWords
from services.people.queries import contact as queries


def open_contact(database: Database, _viewer: Viewer, command: OpenContact) -> ContactView:
    """Write for the first time. Raises `Conflict("contact-code-taken")`, `TooMany("contact-full")`."""
    lookup, secret = _parts(command.code)
    with database.reading() as session:
        taken = queries.secret_hash(session, lookup) is not None
    if not taken:
        secret_hash = HASHING.run(passwords.hashed, secret)
        with database.writing() as session:
            contact_rules.check_not_full(*queries.counts(session))
            row = {"lookup": lookup, "secret_hash": secret_hash, "case_id": None, "last_on": today()}
            insert_or_ignore(session, cast(Table, Contact.__table__), [row])
            contact = _locked(session, lookup)
            if contact is not None and contact.secret_hash == secret_hash:
                _add(session, contact, command.words)
                return queries.of_writer(session, contact)
    # The same once more, or of two at one moment the second.
    found = _opened(database, command.code)
    if found is None:
        raise Conflict("contact-code-taken")
    with database.reading() as session:
        return queries.of_writer(session, session.get_one(Contact, found))


def read_contact(database: Database, _viewer: Viewer, command: ReadContact) -> ContactView:
    """Read a conversation by its code. Raises `Forbidden("contact-code-wrong")`."""
    lookup = _checked(database, command.code)
    with database.reading() as session:
        contact = session.get(Contact, lookup)
        if contact is None:
            raise contact_rules.wrong_code()
        return queries.of_writer(session, contact)


def continue_contact(database: Database, _viewer: Viewer, command: ContinueContact) -> ContactView:
    """Write on. Raises `Forbidden("contact-code-wrong")`, `Conflict("contact-unanswered")`."""
    lookup = _checked(database, command.code)
    with database.writing() as session:
        contact = _locked(session, lookup)
        if contact is None:
            raise contact_rules.wrong_code()
        newest = select(ContactWords).where(ContactWords.lookup == lookup).order_by(ContactWords.id.desc())
        last = session.scalars(newest.limit(1)).one()
        if last.by_id is not None or last.words != command.words:  # else the same form sent twice
            contact_rules.check_more(queries.last_are_writers(session, lookup))
            _add(session, contact, command.words)
        return queries.of_writer(session, contact)


def today() -> date:
    """The day that is stored: that of UTC."""
    return clock.now().date()


def _checked(database: Database, code: SecretStr) -> str:
    """The lookup of a code. Raises `Forbidden("contact-code-wrong")`, after the same time whatever is wrong with it."""
    found = _opened(database, code)
    if found is None:
        raise contact_rules.wrong_code()
    return found


def _opened(database: Database, code: SecretStr) -> str | None:
    lookup, secret = _parts(code)
    with database.reading() as session:
        secret_hash = queries.secret_hash(session, lookup)
    return lookup if HASHING.run(passwords.fits, secret, secret_hash) else None


def _parts(code: SecretStr) -> tuple[str, str]:
    return contact_rules.parts_of(access_rules.typed_code(code.get_secret_value()))


def _locked(session: Session, lookup: str) -> Contact | None:
    wanted = select(Contact).where(Contact.lookup == lookup).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def _add(session: Session, contact: Contact, words: str) -> None:
    contact.last_on = today()
    session.add(ContactWords(lookup=contact.lookup, day=contact.last_on, words=words, by_id=None, held=True))
    session.flush()
