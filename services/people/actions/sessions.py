"""Ends browser sessions; the gateway's streams and kept viewers learn it by the event."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.people import SessionEnded
from core.audience import Viewer
from services.people import passwords
from services.people.tables import BrowserSession
from services.shared.authorisation import owner


def end_session(session: Session, viewer: Viewer, session_id: str) -> None:
    """End one of one's own sessions. Raises `NotFound` for one that is not theirs."""
    own = session.scalars(select(BrowserSession.token_hash).where(BrowserSession.person_id == owner(viewer)))
    wanted = [each for each in own if passwords.session_id(each) == session_id]
    if not _end(session, viewer, BrowserSession.token_hash.in_(wanted)):
        raise NotFound()


def end_other_sessions(session: Session, viewer: Viewer, token: str) -> None:
    """End all of one's own sessions but that of `token`."""
    _end(session, viewer, BrowserSession.token_hash != passwords.token_hash(token))


def end_sessions(session: Session, viewer: Viewer) -> None:
    """End all of one's own sessions."""
    _end(session, viewer)


def _end(session: Session, viewer: Viewer, *which: ColumnElement[bool]) -> bool:
    person_id = owner(viewer)
    ended = delete(BrowserSession).where(BrowserSession.person_id == person_id, *which)
    found = session.scalars(ended.returning(BrowserSession.token_hash)).all()
    if found:
        append_event(session, SessionEnded(person_id=person_id))
    return bool(found)
