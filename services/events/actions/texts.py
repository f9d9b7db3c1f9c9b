"""Writing what an event says in a language: the text before goes into its history."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audience import Viewer
from core.cooked_columns import set_cooked
from services.events import rules
from services.events.queries.history import shown_text
from services.events.tables import EventRevision, EventRow, VersionRow
from services.shared.limits import check_rate
from services.shared.revisions import kept

MOST_EDITS, EDITS_PERIOD = 30, timedelta(hours=1)
"""So often the texts of one event are changed within a time."""


def write_text(
    session: Session, row: EventRow, version: VersionRow, title: str, body: str, by_id: str, at: datetime
) -> None:
    """Give a version its first text, or another one; the same text leaves it as it is."""
    if version.revision:
        if (title, body) == (version.title, version.body):
            return
        session.add(kept(EventRevision, shown_text(row, version), event_id=row.id))
        version.edits += 1
    version.title = title
    set_body(version, body)
    version.revision += 1
    version.changed_at, version.changed_by = at, by_id


def check_edits(session: Session, viewer: Viewer, event_id: str) -> None:
    """Raise `TooMany("too-many-edits")` if an event's texts were changed as often as they may be within a time."""
    if rules.limited(viewer):
        replaced = select(EventRevision.at).where(EventRevision.event_id == event_id)
        newest = replaced.order_by(EventRevision.at.desc()).offset(MOST_EDITS - 1).limit(1)
        check_rate(session.scalar(newest), EDITS_PERIOD, "too-many-edits")


def set_body(version: VersionRow, body: str) -> None:
    """Give a version its text, and what is made of it."""
    version.body = body
    version.plain = set_cooked(version, body, version.language).plain
