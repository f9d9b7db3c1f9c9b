"""Commands that check a password, in several transactions.

An attempt is counted and committed before the password is checked, so that a failure can't undo the count.
Passwords are hashed between transactions: a hash takes 30 ms, for which nobody should wait for a lock. They are hashed
in threads, and only so many at once that a core is left for everybody else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy.orm import Session

from bus.blocking import BlockingPool
from contracts.errors import Forbidden, SpaceError, invalid
from contracts.own_account import Vanish
from contracts.people import (
    ChangePassword,
    CreateToken,
    EnterCode,
    NewToken,
    OwnPassword,
    RecoveryCodes,
    Register,
    SecondFactorSetup,
    SignedIn,
    SignIn,
    SignInWithCode,
)
from core.audience import Viewer
from core.database import Database
from core.names import name_key
from services.people import passwords, queries, rules
from services.people.actions import accounts, second_factor, site_invitations, tries, vanishing
from services.people.actions.tries import Attempt
from services.people.queries.site import BY_INVITATION
from services.people.sealing import Sealer
from services.shared.authorisation import owner

HASHING = BlockingPool(at_once=max((os.cpu_count() or 2) // 2, 1), waiting=60)


def register(database: Database, viewer: Viewer, command: Register, *, member: bool = False) -> SignedIn:
    """Sign up; the password is hashed before the transaction. `member`: nobody is new here.

    Raises `Forbidden("sign-up-closed")`, `TooMany("sign-ups-too-many")`, and `invitation-wrong` where a code is needed.
    """
    code = command.invitation.get_secret_value()
    with signing_up(database, viewer, invited=bool(code)):
        password_hash = HASHING.run(passwords.hashed, command.password.get_secret_value())
        with database.writing() as session:
            signed_in = accounts.register(session, viewer, command, password_hash, member)
            site_invitations.use_where_needed(session, viewer, code, signed_in.viewer.person_id or "")
            return signed_in


@contextmanager
def signing_up(database: Database, viewer: Viewer, invited: bool = False) -> Iterator[None]:
    """Count a new account that the block makes, if it may be made; `invited`: the block looks at a code. Raises
    `Forbidden("sign-up-closed")`, `TooMany("sign-ups-too-many")`."""
    with database.writing() as session:
        closed = queries.sign_up_is(session)
        if closed and not (invited and closed == BY_INVITATION) and not rules.unlimited(viewer):
            raise Forbidden("sign-up-closed")
        tries.count_sign_up(session, viewer)
    try:
        yield
    except SpaceError:
        with database.writing() as session:
            tries.forget_sign_up(session, viewer)
        raise


def sign_in(database: Database, viewer: Viewer, command: SignIn) -> SignedIn:
    """Sign in. Raises `Forbidden("sign-in-wrong")`, `TooMany`, and where the account has a second factor
    `Forbidden("code-needed")`, with the `challenge` that `sign_in_with_code` takes."""
    attempt = Attempt.of(viewer, command.name)
    person_id, password_hash = check_password(database, command, attempt)
    with database.writing() as session:
        person = accounts.lock_unless_changed(session, person_id, password_hash)
        if not second_factor.is_on(session, person_id):
            tries.forget(session, attempt)
            return accounts.open_session(session, person_id)
        needed = second_factor.needed(session, person)
    raise needed


def sign_in_with_code(
    database: Database, viewer: Viewer, command: SignInWithCode, sealer: Sealer
) -> SignedIn:
    """Go on with a sign-in by a code. Raises `code-wrong`, and as `go_on` does."""
    code = command.code.get_secret_value()

    def check(session: Session, person_id: str) -> None:
        second_factor.check_code(session, person_id, code, sealer)

    return go_on(database, viewer, command.challenge.get_secret_value(), command.name, check)


def go_on(
    database: Database,
    viewer: Viewer,
    challenge: str,
    name: str,
    check: Callable[[Session, str], None],
) -> SignedIn:
    """Go on with a sign-in of the account called `name` by a second factor, which `check` uses up for the person's id.

    Raises what that raises, `Forbidden("challenge-over")`, also for another's name, and `TooMany`. A wrong code counts
    as a wrong password does.
    """
    with database.reading() as session:
        person_id, its_name = queries.challenged(session, challenge)
    if name_key(name.strip()) != name_key(its_name):
        # The gateway says which device this is for the name that was sent: another one's device must not count here.
        raise Forbidden("challenge-over")
    attempt = Attempt.of(viewer, its_name)
    with database.writing() as session:
        tries.count(session, attempt)
    with database.writing() as session:
        check(session, person_id)
        second_factor.use_challenge(session, challenge)
        tries.forget(session, attempt)
        return accounts.open_session(session, person_id)


def begin_second_factor(
    database: Database, viewer: Viewer, command: OwnPassword, sealer: Sealer
) -> SecondFactorSetup:
    """Make the secret of a second factor. Raises `password-wrong`, `Conflict("second-factor-set")`, `TooMany`."""
    password_hash = check_own_password(database, viewer, command.password)
    with database.writing() as session:
        return second_factor.begin(session, viewer, password_hash, sealer)


def confirm_second_factor(
    database: Database, viewer: Viewer, command: EnterCode, sealer: Sealer
) -> RecoveryCodes:
    """Turn a second factor on. Raises `code-wrong`, `Conflict("second-factor-set")`, `TooMany`.

    Guesses count as those of the password: who has the session alone must not lock its person out by a code.
    """
    owner(viewer)
    attempt = Attempt.of(viewer, viewer.name or "")
    with database.writing() as session:
        tries.count(session, attempt)
    with database.writing() as session:
        found = second_factor.confirm(session, viewer, command.code.get_secret_value(), sealer)
        tries.forget(session, attempt)
        return found


def remove_second_factor(database: Database, viewer: Viewer, command: OwnPassword) -> None:
    """Turn a second factor off. Raises `password-wrong`, `TooMany`."""
    password_hash = check_own_password(database, viewer, command.password)
    with database.writing() as session:
        second_factor.remove(session, viewer, password_hash)


def vanish(database: Database, viewer: Viewer, command: Vanish, sealer: Sealer) -> datetime:
    """Have one's account vanish after a time; returns when. Raises as `vanishing.ask` does, and `TooMany`.

    Guesses of the code count as those of the password.
    """
    password_hash = check_own_password(database, viewer, command.password)
    attempt = Attempt.of(viewer, viewer.name or "")
    with database.writing() as session:
        tries.count(session, attempt)
    with database.writing() as session:
        when = vanishing.ask(session, viewer, password_hash, command.code.get_secret_value(), sealer)
        tries.forget(session, attempt)
        return when


def check_own_password(database: Database, viewer: Viewer, password: SecretStr) -> str:
    """The stored hash of the viewer's own password. Raises `password-wrong` (field `password`), `TooMany`."""
    owner(viewer)
    attempt = Attempt.of(viewer, viewer.name or "")
    try:
        command = SignIn(name=viewer.name or "", password=password)
        _, password_hash = check_password(database, command, attempt)
    except Forbidden:
        raise invalid("password", "password-wrong") from None
    with database.writing() as session:
        tries.forget(session, attempt)
    return password_hash


def create_token(database: Database, viewer: Viewer, command: CreateToken, sealer: Sealer) -> NewToken:
    """Make an API token by name and password, and where the account has a second factor by a code: but not for who is
    signed in already. Raises as `sign_in`, and `code-wrong`, `scopes-missing`, `tokens-many`."""
    attempt = Attempt.of(viewer, command.name)
    person_id, password_hash = check_password(database, command, attempt)
    with database.writing() as session:
        accounts.lock_unless_changed(session, person_id, password_hash)
        has_session = viewer.person_id == person_id and viewer.scopes is None
        if not has_session and second_factor.is_on(session, person_id):
            code = command.code.get_secret_value()
            if not code:
                raise Forbidden("code-needed")
            second_factor.check_code(session, person_id, code, sealer)
        tries.forget(session, attempt)
        return accounts.create_token(session, person_id, command)


def change_password(database: Database, viewer: Viewer, command: ChangePassword) -> SignedIn:
    """Change one's own password.

    Raises `password-wrong` (field `old`), `password-short`, `password-like-name`, `password-common`,
    `TooMany`.
    """
    owner(viewer)
    old, new = command.old.get_secret_value(), command.new.get_secret_value()
    name = viewer.name or ""
    attempt = Attempt.of(viewer, name)
    with database.writing() as session:
        tries.count(session, attempt)
    found = _password(database, name)
    old_hash = found[1] if found else None
    if not HASHING.run(passwords.fits, old, old_hash) or old_hash is None:
        raise invalid("old", "password-wrong")
    rules.check_password(new, name, field="new")
    new_hash = HASHING.run(passwords.hashed, new)
    with database.writing() as session:
        tries.forget(session, attempt)
        return accounts.change_password(session, viewer, old_hash, new_hash)


def viewer_of_session(database: Database, viewer: Viewer, token: str) -> Viewer | None:
    """The viewer of a session, which is extended from time to time; None if it is unknown or has expired."""
    with database.reading() as session:
        found = queries.viewer_of_session(session, viewer, token)
        renew = found is not None and queries.session_wants_renewal(session, token)
    if renew:
        with database.writing() as session:
            accounts.renew_session(session, token)
    return found


def viewer_of_token(database: Database, viewer: Viewer, token: str) -> Viewer | None:
    """The viewer of an API token, whose first use on a day is noted; None if it is unknown or has expired."""
    with database.reading() as session:
        found = queries.viewer_of_token(session, viewer, token)
        note = found is not None and not queries.token_use_is_noted(session, token)
    if note:
        with database.writing() as session:
            accounts.note_token_use(session, token)
    return found


def check_password(database: Database, command: SignIn, attempt: Attempt) -> tuple[str, str]:
    """The id and stored password hash of the person with this name and password.

    A wrong name takes as long as a wrong password. A hash made at a lower cost is replaced; what is stored then is
    checked once more, since the password may have been changed meanwhile. Raises `Forbidden("sign-in-wrong")`,
    `TooMany`.
    """
    with database.writing() as session:
        tries.count(session, attempt)
    password = command.password.get_secret_value()
    while True:
        person_id, password_hash = _password(database, command.name) or (None, None)
        fitting = HASHING.run(passwords.fits, password, password_hash)
        if not fitting or person_id is None or password_hash is None:
            raise Forbidden("sign-in-wrong")
        if not passwords.is_outdated(password_hash):
            return person_id, password_hash
        new_hash = HASHING.run(passwords.hashed, password)
        with database.writing() as session:
            accounts.rehash_password(session, person_id, password_hash, new_hash)


def _password(database: Database, name: str) -> tuple[str, str] | None:
    with database.reading() as session:
        return queries.password_of(session, name.strip())
