"""Writing what an event says in a language: the text before goes into its history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.cooked_columns import set_cooked
from services.events.queries.history import shown_text
from services.events.tables import EventRevision, EventRow, VersionRow
from services.shared.revisions import kept


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


def set_body(version: VersionRow, body: str) -> None:
    """Give a version its text, and what is made of it."""
    version.body = body
    version.plain = set_cooked(version, body, version.language).plain
