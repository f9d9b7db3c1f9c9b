"""What the rules for writing find in texts of events."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.held import EventFlagged, HeldState
from core.audience import Viewer
from core.writing_rows import WritingRows
from services.events import rules
from services.events.tables import EventRow
from services.events.writing_tables import TABLES
from services.shared.powers import Part
from services.shared.writing_checks import Draft, Verdict, judge


def judged(session: Session, viewer: Viewer, part: Part, draft: Draft) -> Verdict:
    """What the rules say of a text, which is counted. Raises as `judge` does."""
    return judge(WritingRows(session, TABLES), viewer, draft, exempt=rules.moderates(viewer, part))


def flag(session: Session, verdict: Verdict, row: EventRow, draft: Draft, language: str) -> None:
    """Tell moderators of an event, if the rules found something in it that they are to be told of."""
    if verdict.flags:
        state = HeldState(
            id=row.id,
            kind="event",
            path=f"/events/{row.id}",
            item_audience=row.audience,
            original_language=row.original_language,
            author_id=row.author_id,
            title=draft.title,
            text=draft.body,
            language=language,
            revision=row.revision,
            status="published",
            findings=verdict.flags,
            details=draft.details,
        )
        append_event(session, EventFlagged(held=state))
