"""Renews what an earlier renderer made of stored texts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.cooked_columns import of_other_renderers
from services.events.actions.texts import set_body
from services.events.tables import VersionRow


def recook(session: Session, limit: int) -> int:
    """Renew up to `limit` versions of events; returns how many it were. 0 when all are renewed."""
    versions = session.scalars(of_other_renderers(VersionRow, limit)).all()
    for version in versions:
        set_body(version, version.body)
    return len(versions)
