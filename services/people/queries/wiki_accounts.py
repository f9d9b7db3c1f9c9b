"""Reads of linked wiki accounts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.wiki_accounts import WikiIdentity
from services.people.wiki_tables import WikiAccount


def wiki_account_of(session: Session, person_id: str) -> WikiAccount | None:
    """The wiki account that a person's account is linked to."""
    return session.scalar(select(WikiAccount).where(WikiAccount.person_id == person_id))


def linked(session: Session, identity: WikiIdentity) -> WikiAccount | None:
    """The link of a wiki account, as it is stored now."""
    found = select(WikiAccount).where(
        WikiAccount.wiki == identity.wiki, WikiAccount.central_id == identity.central_id
    )
    return session.scalar(found.execution_options(populate_existing=True))
