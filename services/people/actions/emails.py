"""The address of an account: changing and confirming it, and the mails and links that are sent to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bus.outbox.tasks import enqueue
from contracts.errors import TooMany, invalid
from contracts.people import Account
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.people import access_rules, passwords, queries, rules
from services.people.actions import tries
from services.people.tables import AccountLink, Person
from services.people.tasks import FindAccounts, MailTemplate, SendAccountMail
from services.shared.authorisation import owner


@dataclass(frozen=True)
class Letter:
    """A mail that may be sent now: its language and values, with the path of its link, `""` without one."""

    language: str
    params: Mapping[str, str]


# The address


def ask_confirmation(session: Session, person: Person) -> None:
    """Have the link sent that confirms `new_email`. Raises `TooMany("mails-too-many")`."""
    if person.new_email is None:
        return
    person.new_email_refused = False
    tries.count_mail(session, "confirm", person.id, access_rules.email_key(person.new_email))
    enqueue_mail(session, "confirm", person, person.new_email)


def send_confirmation(session: Session, viewer: Viewer) -> None:
    """Have the link sent once more. Does nothing if no address waits. Raises `TooMany("mails-too-many")`."""
    ask_confirmation(session, _own(session, viewer))


def change_email(session: Session, viewer: Viewer, email: str, password_hash: str) -> Account:
    """Set one's own address, which has to be confirmed, or take it away; the one before is told.

    `password_hash` is the one that the password was checked against. Raises `password-wrong`, `email-shape`,
    `TooMany("mails-too-many")`.
    """
    person = _own(session, viewer)
    if person.password_hash != password_hash:
        raise invalid("password", "password-wrong")
    wanted, before = access_rules.checked_email(email), person.email
    if wanted == before:
        person.new_email = None
    elif wanted is None:
        person.email = person.email_key = person.new_email = None
    else:
        person.new_email = wanted
    session.flush()
    session.execute(delete(AccountLink).where(AccountLink.person_id == person.id))
    if wanted != before:
        ask_confirmation(session, person)
        if before is not None:
            enqueue_mail(session, "email-asked" if wanted else "email-changed", person, before)
    return queries.me(session, viewer)


def confirm_email(session: Session, viewer: Viewer, token: str) -> None:
    """Confirm the address that a link was sent to, once; the one before is told. Raises `NotFound("link-over")`."""
    person = use_link(session, "confirm", token)
    before = person.email
    person.email, person.new_email = person.new_email, None
    person.email_key = access_rules.email_key(person.email or "")
    session.flush()
    session.execute(delete(AccountLink).where(AccountLink.person_id == person.id))
    if before is not None:
        enqueue_mail(session, "email-changed", person, before)


def begin_export(session: Session, viewer: Viewer) -> None:
    """Count an export of one's data, and tell one's address of it. Raises `TooMany("exports-too-many")`."""
    person = _own(session, viewer)
    tries.count_export(session, person.id)
    if person.email is not None:
        enqueue_mail(session, "exported", person, person.email)


# Links


def use_link(session: Session, purpose: access_rules.LinkPurpose, token: str) -> Person:
    """Use a link up, and answer whose it is, locked. Of several who use it at once, one wins. Raises
    `NotFound("link-over")`."""
    link = queries.known_link(session, purpose, token)
    # The person is locked before their links, as by all who change either.
    person = rules.known(session.get(Person, link.person_id, with_for_update=True, populate_existing=True))
    used = delete(AccountLink).where(AccountLink.token_hash == link.token_hash)
    if session.scalar(used.returning(AccountLink.token_hash)) is None or not access_rules.link_holds(
        purpose, link.email, person.email, person.new_email
    ):
        raise access_rules.link_over()
    return person


def end_links(session: Session, person: Person) -> None:
    """Make the links of a person useless whose password has just changed.

    Where they have a confirmed address, another one that waits is dropped too: who must change the password since
    somebody else knew it would otherwise lose the account by that.
    """
    ended = delete(AccountLink).where(AccountLink.person_id == person.id)
    if person.email is None:
        ended = ended.where(AccountLink.purpose == "reset")
    else:
        person.new_email = None
        session.flush()
    session.execute(ended)


# Mail


def enqueue_mail(session: Session, template: MailTemplate, person: Person, email: str) -> None:
    """Have a mail about an account sent after the commit."""
    enqueue(
        session,
        SendAccountMail(
            id=new_id(), template=template, person_id=person.id, email=email, asked_at=clock.now()
        ),
    )


def find_accounts(session: Session, task: FindAccounts) -> None:
    """Have links sent that set the passwords of the accounts with this name or confirmed address.

    An address gets only so many within a time, without a word to who asks: each link works for longer than that.
    """
    for person in queries.people_to_reset(session, task.typed):
        assert person.email is not None
        assert person.email_key is not None
        try:
            with session.begin_nested():
                tries.count_mail(session, "reset", person.id, person.email_key)
        except TooMany:
            continue
        mail = SendAccountMail(
            id=f"{task.id}-{person.id}",
            template="reset",
            person_id=person.id,
            email=person.email,
            asked_at=task.asked_at,
        )
        enqueue(session, mail)


def write_letter(session: Session, task: SendAccountMail) -> Letter | None:
    """What a mail says, with a fresh link where it needs one; None where it would be wrong or too late by now."""
    person = session.get(Person, task.person_id, with_for_update=True)
    if person is None:
        return None
    path = ""
    if task.template in ("confirm", "reset"):
        purpose: access_rules.LinkPurpose = "confirm" if task.template == "confirm" else "reset"
        expires_at = task.asked_at + access_rules.LINK_LIFE[purpose]
        if expires_at <= clock.now():
            return None
        if not access_rules.link_holds(purpose, task.email, person.email, person.new_email):
            return None
        path = access_rules.LINK_PATH[purpose] + _new_link(
            session, purpose, person.id, task.email, expires_at
        )
    elif task.template == "vanishes":
        if person.vanishes_at is None:
            return None
        path = "/sign-in"
    language = person.interface_language or next(iter(person.languages), "en")
    site = queries.current_version(session, "name", "")
    params = {"name": person.name, "path": path, "site": site.text if site else ""}
    return Letter(language=language, params=params)


def note_refusal(session: Session, task: SendAccountMail) -> None:
    """Note that the address that waits to be confirmed takes no mail."""
    person = session.get(Person, task.person_id, with_for_update=True)
    if person is not None and person.new_email == task.email:
        person.new_email_refused = True


def _new_link(
    session: Session, purpose: access_rules.LinkPurpose, person_id: str, email: str, expires_at: datetime
) -> str:
    """The secret of a new link."""
    # Without those that others are about to use or delete, so that nobody waits for each other.
    over = select(AccountLink.token_hash).where(AccountLink.expires_at <= clock.now())
    over = over.with_for_update(skip_locked=True)
    session.execute(delete(AccountLink).where(AccountLink.token_hash.in_(over)))
    token = passwords.new_session_token()
    session.add(
        AccountLink(
            token_hash=passwords.token_hash(token),
            purpose=purpose,
            person_id=person_id,
            email=email,
            expires_at=expires_at,
        )
    )
    session.flush()
    # While the mail server is away, each attempt makes one that nobody gets.
    own = (AccountLink.person_id == person_id, AccountLink.purpose == purpose)
    kept = select(AccountLink.token_hash).where(*own).order_by(AccountLink.expires_at.desc())
    hashes = session.scalars(kept).all()
    unsent = [each for each in hashes[access_rules.LINKS_KEPT :] if each != passwords.token_hash(token)]
    session.execute(delete(AccountLink).where(AccountLink.token_hash.in_(unsent)))
    return token


def _own(session: Session, viewer: Viewer) -> Person:
    return rules.known(session.scalar(select(Person).where(Person.id == owner(viewer)).with_for_update()))
