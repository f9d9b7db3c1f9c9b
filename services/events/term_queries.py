"""Finds what a blocked term would have matched."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.writing_rules import TermMatch, TermMatches
from core import clock
from core.audience import Viewer
from core.columns import AnyRow
from services.events.queries.events import visible
from services.events.tables import EventRow, VersionRow
from services.shared.term_preview import MOST_TEXTS, WITHIN, check_preview, preview


def term_matches(session: Session, viewer: Viewer, text: str) -> TermMatches:
    """The texts of events of the last 30 days, of what the viewer may see, that have a term in them."""
    check_preview(viewer, text)
    wanted = (
        select(
            EventRow.id,
            EventRow.author_id,
            EventRow.created_at,
            *VersionRow.__table__.c["title", "body", "language"],
        )
        .join(VersionRow, VersionRow.event_id == EventRow.id)
        .where(visible(viewer), EventRow.created_at > clock.now() - WITHIN)
        .order_by(EventRow.created_at.desc(), EventRow.id.desc())
        .limit(MOST_TEXTS + 1)
    )
    return preview(text, session.execute(wanted).all(), _text, _match)


def _text(row: AnyRow) -> str:
    return f"{row.title}\n\n{row.body}"


def _match(row: AnyRow) -> TermMatch:
    return TermMatch(
        kind="event",
        id=row.id,
        path=f"/events/{row.id}",
        title=row.title,
        language=row.language,
        author_id=row.author_id,
        at=row.created_at,
    )
