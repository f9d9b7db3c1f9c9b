"""Reads of passkeys."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.passkeys import KnownPasskey
from services.people.passkey_tables import Passkey


def passkeys_of(session: Session, person_id: str) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)))


def known_passkeys(session: Session, person_id: str) -> list[KnownPasskey]:
    """A person's passkeys as a browser looks for them."""
    return [
        KnownPasskey(id=each.credential_id, transports=each.transports)
        for each in passkeys_of(session, person_id)
    ]
