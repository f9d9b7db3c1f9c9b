"""Withholding earlier texts of events from their history, and showing them again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.events import RevisionShown, RevisionWithheld
from contracts.revisions import Withhold
from core.audience import Viewer
from core.revision_rows import withholds
from services.events import queries, rules
from services.events.queries.history import shown_text
from services.events.tables import EventRevision, EventRow, VersionRow
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.revisions import earlier_text, show_again, withhold
from services.shared.texts import known_language


def withhold_revision(
    session: Session, viewer: Viewer, event_id: str, language: str, revision: int, command: Withhold
) -> None:
    """Withhold an earlier text; one that is withheld stays as it is."""
    by_id = writer(viewer)
    row, earlier, moderates = _find(session, viewer, event_id, language, revision)
    if withhold(earlier, viewer, by_id, moderates, False, command.reason):
        _note(session, row, earlier, by_id, RevisionWithheld)


def show_revision(session: Session, viewer: Viewer, event_id: str, language: str, revision: int) -> None:
    """Show a text again that was withheld."""
    by_id = writer(viewer)
    row, earlier, moderates = _find(session, viewer, event_id, language, revision)
    if show_again(earlier, moderates):
        _note(session, row, earlier, by_id, RevisionShown)


def _find(
    session: Session, viewer: Viewer, event_id: str, language: str, revision: int
) -> tuple[EventRow, EventRevision, bool]:
    """The event, locked, and its earlier text; also whether the viewer moderates the event."""
    row = queries.event_for_change(session, viewer, event_id, deleted=True)
    version = session.get(VersionRow, (row.id, known_language(language)), populate_existing=True)
    if version is None:
        raise NotFound()
    moderates = rules.moderates(viewer, part_of(row))
    found = session.get(EventRevision, _key(row, version, revision), populate_existing=True)
    return row, earlier_text(found, shown_text(row, version), revision, viewer, moderates), moderates


def _key(row: EventRow, version: VersionRow, revision: int) -> dict[str, str | int]:
    return {"event_id": row.id, "language": version.language, "revision": revision}


def _note(
    session: Session,
    row: EventRow,
    earlier: EventRevision,
    by_id: str,
    event: type[RevisionWithheld | RevisionShown],
) -> None:
    row.withholds = withholds(session, EventRevision, EventRevision.event_id == row.id)
    noted = event(
        item=f"event/{row.id}",
        item_audience=row.audience,
        language=earlier.language,
        revision=earlier.revision,
        by_id=by_id,
    )
    append_event(session, noted)
