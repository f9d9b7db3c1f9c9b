"""The commands on accounts, sessions and tokens.

Signing in takes several transactions, since an attempt must be counted even if it fails; see `sign_in`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.rpc.context import origin
from contracts.errors import Conflict, Forbidden, NotFound, TooMany, invalid
from contracts.people import (
    Account,
    ChangeProfile,
    CreateToken,
    NewToken,
    Register,
    SessionEnded,
    SignedIn,
)
from core import clock
from core.audience import Viewer
from core.ids import new_id
from core.names import name_key
from services.people import access_rules, own_rules, passwords, queries, rules, views
from services.people.actions import emails, flagged_profiles, sanctions, terms, trust
from services.people.actions.descriptions import render_person
from services.people.actions.names import add_account, append_person_changed, locked_by_name, set_display_name
from services.people.tables import ApiToken, BrowserSession, Person, SignInChallenge
from services.shared.authorisation import owner, writer
from services.shared.ids import is_id

# Accounts


def register(
    session: Session,
    viewer: Viewer,
    command: Register,
    password_hash: str | None = None,
    member: bool = False,
) -> SignedIn:
    """Create an account and open a session.

    `password_hash` is the hash of the command's password, made before the transaction so that nobody waits for it; `""`
    makes an account that no password opens (imports). `member`: nobody is new here. Raises `name-shape`,
    `name-scripts`, `name-marks`, `name-reserved`, `name-taken`, `name-look-alike`, `password-short`,
    `password-like-name`, `password-common`, `email-shape`, `language-unknown`, `languages-many`. An address has to be
    confirmed: a link is sent to it.
    """
    name = rules.checked_name(command.name, viewer)
    password = command.password.get_secret_value()
    # The passwords of the demo's accounts are the operator's choice.
    rules.check_password(password, name, guessable=rules.unlimited(viewer))
    if password_hash is None:
        password_hash = passwords.hashed(password)
    person = new_person(session, viewer, name, password_hash, command.languages, command.email, member)
    return open_session(session, person.id)


def new_person(
    session: Session,
    viewer: Viewer,
    name: str,
    password_hash: str,
    languages: list[str],
    email: str | None = None,
    member: bool = False,
) -> Person:
    """Create an account; a `member` is not new. Raises what `register` does of name, address and languages."""
    name = rules.checked_name(name, viewer)
    own_rules.check_not_vanished(name)
    terms.check(session, viewer, "name", name)
    person = Person(
        id=new_id(),
        name=name,
        name_key=name_key(name),
        display_name="",
        password_hash=password_hash,
        email=None,
        email_key=None,
        new_email=access_rules.checked_email(email),
        languages=rules.checked_languages(languages),
        interface_language=None,
        place_name="",
        place_country="",
        pronouns="",
        website="",
        about="",
        joined_at=clock.now(),
        roles_held=[],
    )
    render_person(person)
    with suppress(TooMany):  # the settings say that it isn't confirmed, and send another one later
        emails.ask_confirmation(session, person)
    add_account(session, viewer, person)
    trust.begin(session, person.id, member=member or rules.unlimited(viewer))
    return person


def change_profile(session: Session, viewer: Viewer, command: ChangeProfile) -> Account:
    """Change one's own profile. Raises `contracts.people.ChangeProfile`'s faults, and `text-blocked`."""
    person = _own(session, viewer)
    before = flagged_profiles.shown_text(person)
    for field in ("display_name", "place_name", "pronouns", "website", "about"):
        terms.check(session, viewer, field, getattr(command, field) or "", getattr(person, field))
    if command.display_name is not None and command.display_name != person.display_name:
        set_display_name(session, viewer, person, command.display_name)
    if command.languages is not None:
        person.languages = rules.checked_languages(command.languages)
    if command.place_name is not None:
        person.place_name = command.place_name
    if command.place_country is not None:
        person.place_country = rules.checked_country(command.place_country)
    if command.pronouns is not None:
        person.pronouns = command.pronouns
    if command.website is not None:
        person.website = own_rules.checked_website(command.website)
    if command.about is not None:
        person.about = command.about
    if command.field_audiences is not None:
        person.field_audiences = person.field_audiences | {
            str(field): who for field, who in command.field_audiences.items()
        }
    if command.about is not None or command.languages is not None:
        render_person(person)
    if command.interface_language is not None:
        person.interface_language = rules.checked_language(command.interface_language, "interface_language")
    if command.email is not None:
        raise invalid("email", "email-elsewhere")
    session.flush()
    flagged_profiles.flag(session, viewer, person, before)
    account = queries.me(session, viewer)
    append_person_changed(session, person)
    return account


def change_password(session: Session, viewer: Viewer, old_hash: str, new_hash: str) -> SignedIn:
    """Set one's own password, already checked and hashed; end all sessions and tokens, and open a session.

    Raises `password-wrong` (field `old`) if the password was changed after the old one was checked.
    """
    person = rules.known(session.get(Person, owner(viewer), with_for_update=True))
    if person.password_hash != old_hash:
        raise invalid("old", "password-wrong")
    _set_password_hash(session, person, new_hash)
    return open_session(session, person.id)


def reset_password(session: Session, token: str, password_hash: str) -> None:
    """Set a password by a link, once; end all sessions, tokens and links, and tell the address.

    Raises `NotFound("link-over")`.
    """
    person = emails.use_link(session, "reset", token)
    _set_password_hash(session, person, password_hash)


def set_password(session: Session, name: str, password: str) -> None:
    """Set anybody's password and end their sessions and tokens: for the operator's command line.

    Raises `NotFound`, `Invalid`.
    """
    password_hash = passwords.hashed(password)  # before any row is locked
    person = locked_by_name(session, name)
    rules.check_password(password, person.name)
    _set_password_hash(session, person, password_hash)


# Sessions and tokens


def open_session(session: Session, person_id: str) -> SignedIn:
    """Open a browser session; whoever was to vanish stays by that. Raises `Forbidden("suspended")`."""
    now = clock.now()
    # Whoever vanishes at this moment is waited for.
    person = rules.known(session.get(Person, person_id, with_for_update=True, populate_existing=True))
    if person.vanished_at is not None:
        raise Forbidden("sign-in-wrong")
    sanctions.check_not_suspended(session, person)
    stays, person.vanishes_at = person.vanishes_at is not None, None
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at <= now))
    token = passwords.new_session_token()
    row = BrowserSession(
        token_hash=passwords.token_hash(token),
        person_id=person_id,
        browser=origin().browser,
        created_at=now,
        expires_at=now + rules.SESSION_LIFE,
        last_used_on=now.date(),
    )
    session.add(row)
    session.flush()
    return SignedIn(
        token=token,
        viewer=queries.viewer_of_person(session, person),
        expires_at=row.expires_at,
        second_factor=queries.has_second_factor(session, person_id),
        stays=stays,
    )


def renew_session(session: Session, token: str) -> None:
    """Extend a session that has not expired to its full life from now, and note the day."""
    now = clock.now()
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.token_hash == passwords.token_hash(token), BrowserSession.expires_at > now)
        .values(expires_at=now + rules.SESSION_LIFE, last_used_on=now.date())
    )


def sign_out(session: Session, viewer: Viewer, token: str) -> None:
    """End a browser session. Does nothing if there is none."""
    ended = delete(BrowserSession).where(BrowserSession.token_hash == passwords.token_hash(token))
    person_id = session.scalar(ended.returning(BrowserSession.person_id))
    if person_id is not None:
        append_event(session, SessionEnded(person_id=person_id))


def lock_unless_changed(session: Session, person_id: str, password_hash: str) -> Person:
    """Lock a person whose password was checked against this hash, so that what follows is over before it can change.

    Raises `Forbidden("sign-in-wrong")` if it has changed since: a change ends all sessions, and none may outlive it.
    """
    person = session.get(Person, person_id, with_for_update=True)
    if person is None or person.password_hash != password_hash:
        raise Forbidden("sign-in-wrong")
    return person


def rehash_password(session: Session, person_id: str, old_hash: str, new_hash: str) -> None:
    """Replace the hash of a password by a stronger one, unless the password was changed meanwhile."""
    person = session.get(Person, person_id, with_for_update=True)
    if person is not None and person.password_hash == old_hash:
        person.password_hash = new_hash
        session.flush()


def create_token(session: Session, person_id: str, command: CreateToken) -> NewToken:
    """Make an API token for a person whose password was checked.

    Raises `scopes-missing`, `tokens-many`, `Forbidden("suspended")`.
    """
    if not command.scopes:
        raise invalid("scopes", "scopes-missing")
    # Locked: two at one moment must not exceed the limit.
    person = session.get_one(Person, person_id, with_for_update=True)
    sanctions.check_not_suspended(session, person)
    person.vanishes_at = None
    over = ApiToken.expires_at <= clock.now() - rules.TOKENS_KEPT
    session.execute(delete(ApiToken).where(ApiToken.person_id == person_id, over))
    count = (
        session.scalar(select(func.count()).select_from(ApiToken).where(ApiToken.person_id == person_id)) or 0
    )
    if count >= rules.TOKENS_EACH:
        raise Conflict("tokens-many", params={"most": rules.TOKENS_EACH})
    token, now = passwords.new_api_token(), clock.now()
    row = ApiToken(
        id=new_id(),
        token_hash=passwords.token_hash(token),
        person_id=person_id,
        label=command.label,
        scopes=list(dict.fromkeys(command.scopes)),
        created_at=now,
        expires_at=now + timedelta(days=command.expires_in_days),
    )
    session.add(row)
    session.flush()
    return NewToken(**views.token_view(row).model_dump(), token=token)


def note_token_use(session: Session, token: str) -> None:
    """Store that an API token was used today; no more of its use is stored."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.token_hash == passwords.token_hash(token))
        .values(last_used_on=clock.now().date())
    )


def revoke_token(session: Session, viewer: Viewer, token_id: str) -> None:
    """Delete one of the viewer's own API tokens. Raises `NotFound` for one that is not theirs."""
    person_id = owner(viewer)
    if not is_id(token_id):
        raise NotFound()
    own = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person_id)
    if session.execute(own.returning(ApiToken.id)).first() is None:
        raise NotFound()
    append_event(session, SessionEnded(person_id=person_id))


# Helpers


def _own(session: Session, viewer: Viewer) -> Person:
    return rules.known(session.get(Person, writer(viewer), with_for_update=True))


def _set_password_hash(session: Session, person: Person, password_hash: str) -> None:
    """Set it, end all sessions, tokens and links of the person, and tell their address."""
    person.password_hash = password_hash
    session.flush()
    emails.end_links(session, person)
    if person.email is not None:
        emails.enqueue_mail(session, "password-changed", person, person.email)
    end_access(session, person.id)


def end_access(session: Session, person_id: str) -> None:
    """End all of a person's sessions and tokens: whoever learned the password may have made some of them."""
    session.execute(delete(SignInChallenge).where(SignInChallenge.person_id == person_id))
    session.execute(delete(BrowserSession).where(BrowserSession.person_id == person_id))
    session.execute(delete(ApiToken).where(ApiToken.person_id == person_id))
    append_event(session, SessionEnded(person_id=person_id))
