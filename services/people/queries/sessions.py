"""Reads of sessions, and of the links that were mailed."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from contracts.people import AccountLink as LinkView
from contracts.people import SessionView
from core import clock
from core.audience import Viewer
from core.names import name_key
from services.people import access_rules, rules, views
from services.people.passwords import token_hash
from services.people.tables import AccountLink, BrowserSession, Person
from services.shared.authorisation import signed_in


def sessions(session: Session, viewer: Viewer, token: str | None) -> list[SessionView]:
    """One's own sessions, the one that asks first, then by their last use."""
    own = token_hash(token) if token else ""
    rows = session.scalars(
        select(BrowserSession).where(
            BrowserSession.person_id == signed_in(viewer), BrowserSession.expires_at > clock.now()
        )
    )
    found = [views.session_view(row, row.token_hash == own) for row in rows]
    return sorted(found, key=lambda each: (each.current, each.last_used_on, each.created_at), reverse=True)


def known_link(session: Session, purpose: access_rules.LinkPurpose, token: str) -> AccountLink:
    """A link that can still be used, as far as its time goes. Raises `NotFound("link-over")`."""
    found = session.scalar(
        select(AccountLink).where(
            AccountLink.token_hash == token_hash(token),
            AccountLink.purpose == purpose,
            AccountLink.expires_at > clock.now(),
        )
    )
    if found is None:
        raise access_rules.link_over()
    return found


def confirmation(session: Session, viewer: Viewer, token: str) -> LinkView:
    """What a link confirms. Raises `NotFound("link-over")`."""
    return _link(session, "confirm", token)


def reset(session: Session, viewer: Viewer, token: str) -> LinkView:
    """Whose password a link sets. Raises `NotFound("link-over")`."""
    return _link(session, "reset", token)


def people_to_reset(session: Session, typed: str) -> list[Person]:
    """The accounts with this name or confirmed address, those with a confirmed address alone."""
    if "\0" in typed:  # PostgreSQL takes no such text
        return []
    wanted = or_(Person.name_key == name_key(typed), Person.email_key == access_rules.email_key(typed))
    query = select(Person).where(wanted, Person.email_key.is_not(None)).order_by(Person.id)
    return list(session.scalars(query.limit(access_rules.ACCOUNTS_OF_AN_ADDRESS)))


def _link(session: Session, purpose: access_rules.LinkPurpose, token: str) -> LinkView:
    link = known_link(session, purpose, token)
    person = rules.known(session.get(Person, link.person_id))
    if not access_rules.link_holds(purpose, link.email, person.email, person.new_email):
        raise access_rules.link_over()
    return LinkView(name=person.name, email=link.email)
