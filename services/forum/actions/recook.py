"""Renews what an earlier renderer made of stored texts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.cooked_columns import of_other_renderers
from services.forum.actions import helpers
from services.forum.tables import Post, TopicVersion


def recook(session: Session, limit: int) -> int:
    """Renew up to `limit` posts and as many translations; returns how many it were. 0 when all are renewed."""
    posts = session.scalars(of_other_renderers(Post, limit)).all()
    for post in posts:
        helpers.set_body(post, post.body)
    translated = of_other_renderers(TopicVersion, limit).where(TopicVersion.body.is_not(None))
    versions = session.scalars(translated).all()
    for version in versions:
        helpers.set_version_body(version, version.body or "")
    return len(posts) + len(versions)
