"""What events say and said in their languages."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from contracts.common import Cursor, Page
from contracts.revisions import TextRevision
from core.audience import Viewer
from core.columns import AnyRow
from core.revision_rows import newest_first
from services.events import rules
from services.events.queries.events import VERSIONS, visible_event
from services.events.tables import EventRevision, EventRow, VersionRow
from services.shared.powers import part_of
from services.shared.revisions import history_page
from services.shared.texts import version_for


def event_revisions(
    session: Session, viewer: Viewer, event_id: str, language: str | None, after: Cursor | None, limit: int
) -> Page[TextRevision]:
    """The texts of an event in a language, the newest first: that of now, and those before it."""
    row = visible_event(session, viewer, event_id)
    versions = session.execute(VERSIONS, {"ids": [row.id]}).all()
    version = version_for(versions, viewer, row.original_language, language)
    read = partial(newest_first, session, EventRevision, EventRevision.event_id == row.id, version.language)
    moderates = rules.moderates(viewer, part_of(row))
    return history_page(read, shown_text(row, version), after, limit, viewer, moderates)


def shown_text(row: EventRow | AnyRow, version: VersionRow | AnyRow) -> TextRevision:
    """What a version says now, as the newest text of its history."""
    return TextRevision(
        revision=version.revision,
        language=version.language,
        title=version.title,
        body=version.body,
        by_id=version.changed_by or version.translator_id or row.author_id,
        at=version.changed_at,
    )
