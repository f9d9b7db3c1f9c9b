"""Passkeys as a second factor: adding, naming and removing them, and signing in with one."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, NotFound, invalid
from contracts.passkeys import (
    AddPasskey,
    BeginPasskey,
    PasskeySetup,
    RemovePasskey,
    RenamePasskey,
    SignInWithPasskey,
)
from contracts.people import RecoveryCodes, SignedIn
from core import clock
from core.audience import Viewer
from core.database import Database
from core.ids import new_id
from core.relying_party import RelyingParty
from services.people import access_rules, passkeys, queries, rules
from services.people.actions import emails, second_factor
from services.people.actions import sign_in as signing
from services.people.passkey_tables import Passkey
from services.people.tables import Person
from services.shared.authorisation import owner
from services.shared.ids import is_id

_PREFIX = "add-"


def begin(database: Database, viewer: Viewer, command: BeginPasskey) -> PasskeySetup:
    """What a browser needs to make a passkey. Raises `password-wrong`, `Conflict("passkeys-many")`, `TooMany`."""
    password_hash = signing.check_own_password(database, viewer, command.password)
    with database.writing() as session:
        person = second_factor.own(session, viewer, password_hash)
        known = queries.known_passkeys(session, person.id)
        _check_number(len(known))
        token = _PREFIX + second_factor.new_challenge(session, person.id, _PREFIX)
    return PasskeySetup(
        token=token,
        challenge=passkeys.text_of(passkeys.challenge_of("add", token)),
        user_id=passkeys.text_of(person.id.encode("ascii")),
        known=known,
    )


def add(session: Session, viewer: Viewer, command: AddPasskey, site: RelyingParty) -> RecoveryCodes:
    """Add a passkey, and tell the address; answers recovery codes if it is the first second factor, of which only
    hashes are stored. Raises `passkey-wrong`, `passkey-known`, `Forbidden("challenge-over")`, `Conflict`."""
    person = second_factor.own(session, viewer)
    token = command.token.get_secret_value()
    # Not that of a sign-in: a wiki account may have started that, and no password.
    if not token.startswith(_PREFIX) or queries.challenged(session, token)[0] != person.id:
        raise Forbidden("challenge-over")
    found = passkeys.made(site, token, command.credential)
    _check_number(len(queries.passkeys_of(session, person.id)))
    first = not second_factor.is_on(session, person.id)
    row = Passkey(
        id=new_id(),
        person_id=person.id,
        credential_id=found.credential_id,
        public_key=found.public_key,
        sign_count=found.sign_count,
        transports=found.transports,
        label=command.label,
        created_at=clock.now(),
        last_used_on=None,
    )
    second_factor.use_challenge(session, token)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise invalid("credential", "passkey-known") from None
    _tell(session, person, added=True)
    return RecoveryCodes(codes=second_factor.new_codes(session, person.id) if first else [])


def rename(session: Session, viewer: Viewer, passkey_id: str, command: RenamePasskey) -> None:
    """Give one of one's own passkeys another name. Raises `NotFound`."""
    _own_passkey(session, owner(viewer), passkey_id).label = command.label
    session.flush()


def remove(database: Database, viewer: Viewer, passkey_id: str, command: RemovePasskey) -> None:
    """Remove one of one's own passkeys, and tell the address. Raises `NotFound`, `password-wrong`, `TooMany`."""
    password_hash = signing.check_own_password(database, viewer, command.password)
    with database.writing() as session:
        person = second_factor.own(session, viewer, password_hash)
        session.delete(_own_passkey(session, person.id, passkey_id))
        session.flush()
        second_factor.forget_unused_codes(session, person.id)
        _tell(session, person, added=False)


def sign_in(database: Database, viewer: Viewer, command: SignInWithPasskey, site: RelyingParty) -> SignedIn:
    """Go on with a sign-in by a passkey. Raises `passkey-wrong`, and as `sign_in_with_code` does."""
    token = command.challenge.get_secret_value()

    def check(session: Session, person_id: str) -> None:
        use(session, person_id, token, command.credential, site)

    return signing.go_on(database, viewer, token, command.name, check)


def use(session: Session, person_id: str, token: str, credential: str, site: RelyingParty) -> None:
    """Note the use of a person's passkey. Raises `passkey-wrong`."""
    # The person is locked before their passkey, as by all who change it.
    session.get_one(Person, person_id, with_for_update=True)
    wanted = passkeys.credential_id(credential)
    mine = (each for each in queries.passkeys_of(session, person_id) if each.credential_id == wanted)
    row = next(mine, None)
    if row is None:
        raise passkeys.wrong()
    # Of two who send the same answer at once, the second one sees the counter of the first.
    session.refresh(row)
    row.sign_count = passkeys.used(site, token, credential, row.public_key, row.sign_count)
    row.last_used_on = clock.now().date()
    session.flush()


def _check_number(present: int) -> None:
    if present >= access_rules.PASSKEYS_EACH:
        raise Conflict("passkeys-many", params={"most": access_rules.PASSKEYS_EACH})


def _own_passkey(session: Session, person_id: str, passkey_id: str) -> Passkey:
    row = session.get(Passkey, passkey_id, with_for_update=True) if is_id(passkey_id) else None
    if row is None or row.person_id != person_id:
        raise NotFound()
    return rules.known(row)


def _tell(session: Session, person: Person, added: bool) -> None:
    if person.email is not None:
        emails.enqueue_mail(session, "passkey-added" if added else "passkey-removed", person, person.email)
