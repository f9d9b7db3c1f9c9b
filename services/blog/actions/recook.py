"""Renews what an earlier renderer made of stored texts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.cooked_columns import of_other_renderers
from services.blog.actions import helpers
from services.blog.tables import ArticleVersion


def recook(session: Session, limit: int) -> int:
    """Renew up to `limit` versions of articles; returns how many it were. 0 when all are renewed."""
    versions = session.scalars(of_other_renderers(ArticleVersion, limit)).all()
    for version in versions:
        sizes = helpers.picture_sizes(session, version.article_id)
        helpers.set_body(version, version.body, sizes)
    return len(versions)
