"""Commands on wiki accounts: signing in and up with one, linking and unlinking.

What a command knows of a wiki account is what the wiki told the gateway. The central id says who it is.
"""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Invalid, NotFound, invalid
from contracts.people import SignedIn
from contracts.wiki_accounts import LinkWikiAccount, RegisterWithWiki, SetFirstPassword, WikiIdentity
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import passwords, queries, rules, wiki_rules
from services.people.actions import (
    accounts,
    emails,
    renaming,
    second_factor,
    sign_up_requests,
    site_invitations,
    trust,
)
from services.people.actions import sign_in as signing
from services.people.queries.sign_up_requests import own_sign_up_request
from services.people.tables import Person
from services.people.wiki_tables import WikiAccount
from services.shared.authorisation import owner


def sign_in(database: Database, viewer: Viewer, identity: WikiIdentity) -> SignedIn:
    """Sign in to the linked account; a new name of the wiki account is followed.

    Raises `Forbidden("wiki-account-unknown")`, `"code-needed"`, `"suspended"`.
    """
    with database.writing() as session:
        person = linked_person(session, identity)
        if not second_factor.is_on(session, person.id):
            return accounts.open_session(session, person.id)
        needed = second_factor.needed(session, person)
    raise needed


def register(database: Database, viewer: Viewer, command: RegisterWithWiki) -> SignedIn:
    """Create an account that no password opens, linked to the wiki account.

    Raises `Forbidden("sign-up-closed")`, `TooMany("sign-ups-too-many")`, `Conflict("wiki-account-taken")`,
    `invitation-wrong` where a code is needed and no request for an account was accepted, and what `accounts.register`
    does of the name and the languages.
    """
    invited = bool(command.invitation.get_secret_value())
    if not invited:
        with database.reading() as session:
            request = own_sign_up_request(session, viewer, command.identity)
            invited = request is not None and request.state == "accepted"
    with signing.signing_up(database, viewer, invited), database.writing() as session:
        return create(session, viewer, command)


def create(session: Session, viewer: Viewer, command: RegisterWithWiki) -> SignedIn:
    """Create the account of `register` in one transaction."""
    name = command.name or wiki_rules.name_of(command.identity.username)
    accepted_by, email = sign_up_requests.use_request(session, command.identity)
    person = accounts.new_person(session, viewer, name, "", command.languages, email)
    add_link(session, person, command.identity)
    code = command.invitation.get_secret_value()
    site_invitations.use_where_needed(session, viewer, code, person.id, accepted_by)
    return accounts.open_session(session, person.id)


def link(database: Database, viewer: Viewer, command: LinkWikiAccount) -> None:
    """Link a wiki account to one's own account, and tell its address.

    Raises `password-wrong`, `Conflict("wiki-account-taken")`, `Conflict("wiki-account-other")`, `TooMany`.
    """
    password_hash = signing.check_own_password(database, viewer, command.password)
    with database.writing() as session:
        person = _own(session, viewer)
        if person.password_hash != password_hash:
            raise invalid("password", "password-wrong")
        present = queries.wiki_account_of(session, person.id)
        if present is None:
            add_link(session, person, command.identity)
            _tell(session, person, linked=True)
        elif (present.wiki, present.central_id) != (command.identity.wiki, command.identity.central_id):
            raise Conflict("wiki-account-other")


def unlink(session: Session, viewer: Viewer) -> None:
    """Undo the link of one's own account, and tell its address. Raises `NotFound`, `Conflict("last-way-in")`."""
    person = _own(session, viewer)
    present = queries.wiki_account_of(session, person.id)
    if present is None:
        raise NotFound()
    wiki_rules.check_other_way_in(person.password_hash)
    session.delete(present)
    session.flush()
    if present.trusted_from_wiki:
        trust.publish(session, person.id)
    _tell(session, person, linked=False)


def set_first_password(database: Database, viewer: Viewer, command: SetFirstPassword) -> SignedIn:
    """Give one's own account a password, which has none; all other sessions end.

    Raises `Forbidden("wiki-account-unknown")` for another wiki account than the linked one, `Conflict("password-set")`,
    `password-short`, `password-like-name`, `password-common`.
    """
    owner(viewer)
    new = command.new.get_secret_value()
    rules.check_password(new, viewer.name or "", field="new")
    password_hash = signing.HASHING.run(passwords.hashed, new)
    with database.writing() as session:
        person = _own(session, viewer)
        present = queries.linked(session, command.identity)
        if present is None or present.person_id != person.id:
            raise wiki_rules.unknown()
        if person.password_hash:
            raise Conflict("password-set")
        return accounts.change_password(session, viewer, "", password_hash)


def add_link(session: Session, person: Person, identity: WikiIdentity) -> None:
    """Link a person who is locked, and has no link. Raises `Conflict("wiki-account-taken")`."""
    row = WikiAccount(
        wiki=identity.wiki,
        central_id=identity.central_id,
        person_id=person.id,
        username=identity.username,
        trusted_from_wiki=wiki_rules.starts_as_trusted(identity),
        linked_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # it is linked to another account, perhaps since this moment
        raise wiki_rules.taken() from None
    if row.trusted_from_wiki:
        trust.publish(session, person.id)


def linked_person(session: Session, identity: WikiIdentity) -> Person:
    """The person whom a wiki account signs in, locked. Raises `Forbidden("wiki-account-unknown")`."""
    found = queries.linked(session, identity)
    if found is None:
        raise wiki_rules.unknown()
    # The person is locked before the link, as by all who change either; it may be gone by then.
    person = session.get(Person, found.person_id, with_for_update=True, populate_existing=True)
    found = queries.linked(session, identity)
    if person is None or found is None or found.person_id != person.id:
        raise wiki_rules.unknown()
    if identity.username is not None and identity.username != found.username:
        _follow(session, person, wiki_rules.name_of(found.username), wiki_rules.name_of(identity.username))
        found.username = identity.username
        session.flush()
    return person


def _follow(session: Session, person: Person, before: str, after: str) -> None:
    """Give a person the new name of their wiki account, if they had its name before and nobody else has the new one."""
    if person.name != before or person.name == after:
        return
    try:
        with session.begin_nested():
            renaming.set_name(session, STRANGER, person, after)
    except Invalid:
        session.refresh(person)


def _tell(session: Session, person: Person, linked: bool) -> None:
    if person.email is not None:
        emails.enqueue_mail(session, "wiki-linked" if linked else "wiki-unlinked", person, person.email)


def _own(session: Session, viewer: Viewer) -> Person:
    return rules.known(session.get(Person, owner(viewer), with_for_update=True, populate_existing=True))
