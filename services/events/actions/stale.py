"""Publishes the present state of what a migration has changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.eventlog.stale import Publish
from contracts.events import EventChanged
from services.events import queries
from services.events.tables import EventRow


def publish_event(session: Session, event_id: str) -> None:
    """An event that is there."""
    wanted = select(EventRow).where(EventRow.id == event_id, EventRow.deletion_id.is_(None))
    row = session.scalars(wanted.with_for_update()).first()
    if row is not None:
        append_event(session, EventChanged(event=queries.state(session, row), by_id=row.author_id))


PUBLISHERS: dict[str, Publish] = {"event": publish_event}
