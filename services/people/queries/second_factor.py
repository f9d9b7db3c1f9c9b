"""Reads of second factors and of sign-ins that wait for one."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.errors import Forbidden
from core import clock
from services.people.passkey_tables import Passkey
from services.people.passwords import token_hash
from services.people.tables import Person, RecoveryCode, SecondFactor, SignInChallenge


def has_second_factor(session: Session, person_id: str) -> bool:
    """Whether signing in to an account asks for a code or a passkey after the password."""
    passkey = select(Passkey.id).where(Passkey.person_id == person_id).limit(1)
    return second_factor_of(session, person_id) is not None or session.scalar(passkey) is not None


def second_factor_of(session: Session, person_id: str) -> SecondFactor | None:
    """The authenticator app of an account, None if it has none."""
    return session.scalar(
        select(SecondFactor).where(
            SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_not(None)
        )
    )


def recovery_codes_left(session: Session, person_id: str) -> int:
    """How many recovery codes an account has not used."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person_id)
    return session.scalar(query) or 0


def challenged(session: Session, token: str) -> tuple[str, str]:
    """Id and name of the person whose sign-in waits for a code. Raises `Forbidden("challenge-over")`."""
    found = session.execute(
        select(Person.id, Person.name)
        .join(SignInChallenge, SignInChallenge.person_id == Person.id)
        .where(SignInChallenge.token_hash == token_hash(token), SignInChallenge.expires_at > clock.now())
    ).first()
    if found is None:
        raise Forbidden("challenge-over")
    return found.id, found.name
