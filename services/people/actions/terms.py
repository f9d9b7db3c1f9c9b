"""Blocked terms in names, profiles and groups. Nothing of these can wait for review: what holds a text refuses
it here."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.audience import Viewer
from services.people.queries.trust import terms
from services.shared.writing_checks import Draft, check_terms


def check(session: Session, viewer: Viewer, field: str, text: str, before: str = "") -> None:
    """Raise `text-blocked` for a blocked term in a text, unless it was in what the text replaces."""
    if text and text != before:
        check_terms(
            terms(session), viewer, Draft("", text, before=before, of_field=field), refused=("refuse", "hold")
        )
