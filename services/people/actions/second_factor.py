"""The second factor of an account: codes of an authenticator app, and recovery codes for when it is lost."""

from __future__ import annotations

import logging
import secrets

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, invalid
from contracts.people import RecoveryCodes, SecondFactorSetup
from core import clock
from core.audience import Viewer
from services.people import access_rules, passkeys, passwords, queries, rules, totp
from services.people.actions import emails
from services.people.actions.names import locked_by_name
from services.people.passkey_tables import Passkey
from services.people.sealing import Sealer
from services.people.tables import Person, RecoveryCode, SecondFactor, SignInChallenge
from services.shared.authorisation import owner

log = logging.getLogger(__name__)

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"


def begin(session: Session, viewer: Viewer, password_hash: str, sealer: Sealer) -> SecondFactorSetup:
    """Make a secret, which counts once a code of it is entered. Raises `password-wrong`,
    `Conflict("second-factor-set")`."""
    person = own(session, viewer, password_hash)
    row = session.get(SecondFactor, person.id)
    if row is not None and row.confirmed_at is not None:
        raise Conflict("second-factor-set")
    if row is None:
        row = SecondFactor(person_id=person.id, last_step=0)
        session.add(row)
    secret = totp.new_secret()
    row.secret = sealer.seal(secret, person.id)
    session.flush()
    return SecondFactorSetup(secret=secret)


def confirm(session: Session, viewer: Viewer, code: str, sealer: Sealer) -> RecoveryCodes:
    """Turn the second factor on by a code of the app; returns the recovery codes, of which only hashes are stored.

    Raises `code-wrong`, `Conflict("second-factor-set")`.
    """
    person = own(session, viewer)
    first = not is_on(session, person.id)
    row = session.get(SecondFactor, person.id)
    if row is None:
        raise invalid("code", "code-wrong")
    if row.confirmed_at is not None:
        raise Conflict("second-factor-set")
    step = _matching_step(row, access_rules.typed_code(code), sealer)
    if step is None:
        raise invalid("code", "code-wrong")
    row.confirmed_at, row.last_step = clock.now(), step
    session.flush()
    if person.email is not None:
        emails.enqueue_mail(session, "second-factor-on", person, person.email)
    return RecoveryCodes(codes=new_codes(session, person.id) if first else [])


def new_codes(session: Session, person_id: str) -> list[str]:
    """Make the recovery codes of an account whose first second factor was just turned on."""
    codes = [_new_code() for _ in range(access_rules.RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_hash=_hash(person_id, each), person_id=person_id) for each in codes)
    session.flush()
    return codes


def forget_unused_codes(session: Session, person_id: str) -> None:
    """Delete the recovery codes of an account that asks for no second factor any more."""
    if not is_on(session, person_id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def remove(session: Session, viewer: Viewer, password_hash: str) -> None:
    """Remove the authenticator app of one's own account, and tell its address. Raises `password-wrong`."""
    _remove_app(session, own(session, viewer, password_hash))


def remove_second_factor_of(session: Session, name: str) -> None:
    """Remove anybody's authenticator app and passkeys: for the operator's command line. Raises `NotFound`."""
    person = locked_by_name(session, name)
    session.execute(delete(Passkey).where(Passkey.person_id == person.id))
    _remove_app(session, person)


def _remove_app(session: Session, person: Person) -> None:
    removed = delete(SecondFactor).where(SecondFactor.person_id == person.id)
    was_on = session.scalar(removed.returning(SecondFactor.confirmed_at)) is not None
    forget_unused_codes(session, person.id)
    if was_on and person.email is not None:
        emails.enqueue_mail(session, "second-factor-off", person, person.email)


def is_on(session: Session, person_id: str) -> bool:
    """Whether an account asks for a second factor."""
    return queries.has_second_factor(session, person_id)


def needed(session: Session, person: Person) -> Forbidden:
    """What a sign-in is answered by that has to go on: with the `challenge`, the account's `name`, whether it has an
    `app`, and its `passkeys` with what they sign (`passkey_challenge`)."""
    challenge = new_challenge(session, person.id)
    data = {
        "challenge": challenge,
        "name": person.name,
        "app": queries.second_factor_of(session, person.id) is not None,
        "passkeys": [each.model_dump() for each in queries.known_passkeys(session, person.id)],
        "passkey_challenge": passkeys.text_of(passkeys.challenge_of("sign-in", challenge)),
    }
    return Forbidden("code-needed", data=data)


def new_challenge(session: Session, person_id: str, prefix: str = "") -> str:
    """The secret by which what began with a password goes on with a code or a passkey; it is sent after `prefix`."""
    over = select(SignInChallenge.token_hash).where(SignInChallenge.expires_at <= clock.now())
    over = over.with_for_update(skip_locked=True)
    session.execute(delete(SignInChallenge).where(SignInChallenge.token_hash.in_(over)))
    token = passwords.new_session_token()
    session.add(
        SignInChallenge(
            token_hash=passwords.token_hash(prefix + token),
            person_id=person_id,
            expires_at=clock.now() + access_rules.CHALLENGE_LIFE,
        )
    )
    session.flush()
    return token


def use_challenge(session: Session, token: str) -> None:
    """Use a challenge up. Raises `Forbidden("challenge-over")`."""
    used = delete(SignInChallenge).where(SignInChallenge.token_hash == passwords.token_hash(token))
    if session.scalar(used.returning(SignInChallenge.token_hash)) is None:
        raise Forbidden("challenge-over")


def check_code(session: Session, person_id: str, code: str, sealer: Sealer) -> None:
    """Use up a code of the app or a recovery code. Raises `code-wrong`, also for one that was used."""
    # Of two who send the same code at once, the second one sees that it was used.
    session.get_one(Person, person_id, with_for_update=True)
    row = session.scalar(
        select(SecondFactor)
        .where(SecondFactor.person_id == person_id)
        .execution_options(populate_existing=True)
    )
    typed = access_rules.typed_code(code)
    if row is not None and row.confirmed_at is not None:
        step = _matching_step(row, typed, sealer)
        if step is not None:
            row.last_step = step
            session.flush()
            return
    used = delete(RecoveryCode).where(RecoveryCode.code_hash == _hash(person_id, typed))
    if session.scalar(used.returning(RecoveryCode.code_hash)) is None:
        raise invalid("code", "code-wrong")


def seal_secrets(session: Session, sealer: Sealer, limit: int = 500) -> int:
    """Seal up to so many secrets that earlier releases stored, or that a former secret of the system sealed. Returns
    how many it were; 0 when all are sealed."""
    plain = SecondFactor.secret.not_like("%.%")
    former = [SecondFactor.secret.like(f"{each}%") for each in sealer.former]
    query = select(SecondFactor).where(or_(plain, *former)).limit(limit).with_for_update(skip_locked=True)
    rows = session.scalars(query).all()
    for row in rows:
        secret = sealer.open(row.secret, row.person_id)
        # What somebody has tampered with opens never again; it is not to be looked at each time.
        row.secret = sealer.seal(secret or totp.new_secret(), row.person_id)
    session.flush()
    return len(rows)


def _matching_step(row: SecondFactor, typed: str, sealer: Sealer) -> int | None:
    secret = sealer.open(row.secret, row.person_id)
    if secret is None:
        # Recovery codes still work. An operator has changed the secret of the system, and must set the former one too.
        log.error("the secret of a second factor was sealed by another SPACE_SECRET_KEY")
        return None
    return totp.matching_step(secret, typed, clock.now(), row.last_step)


def _new_code() -> str:
    """A recovery code of 16 letters and digits (78 random bits), in groups."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _hash(person_id: str, code: str) -> str:
    """What is stored of a recovery code; it is random enough that a fast hash hides it."""
    return passwords.token_hash(f"{person_id}\n{access_rules.typed_code(code)}")


def own(session: Session, viewer: Viewer, password_hash: str | None = None) -> Person:
    """The viewer, locked, whose password was checked against this hash."""
    person = rules.known(session.get(Person, owner(viewer), with_for_update=True))
    if password_hash is not None and person.password_hash != password_hash:
        raise invalid("password", "password-wrong")
    return person
