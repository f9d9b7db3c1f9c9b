"""How much a person may write within a period."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.audience import Viewer
from services.forum import rules
from services.forum.tables import Post, PostRevision, Topic
from services.shared.limits import check_rate

MOST_POSTS, POSTS_PERIOD = 30, timedelta(minutes=10)
MOST_TOPICS, TOPICS_PERIOD = 15, timedelta(hours=1)
MOST_EDITS, EDITS_PERIOD = 30, timedelta(hours=1)

# Built once, as those of `helpers`.
_WRITTEN = (
    select(Post.created_at)
    .where(Post.author_id == bindparam("author"))
    .order_by(Post.created_at.desc())
    .offset(MOST_POSTS - 1)
    .limit(1)
)


def check_edits(session: Session, viewer: Viewer, post_id: str) -> None:
    """Raises `TooMany`, with the seconds to wait, if a post was edited as often as one may be."""
    if rules.limited(viewer):
        replaced = select(PostRevision.at).where(PostRevision.post_id == post_id)
        newest = replaced.order_by(PostRevision.revision.desc())
        check_rate(session.scalar(newest.offset(MOST_EDITS - 1).limit(1)), EDITS_PERIOD, "too-many-edits")


def check_flood(session: Session, viewer: Viewer, opens_topic: bool) -> None:
    """Raises `TooMany`, with the seconds to wait, if the viewer has written as much as one person may."""
    if not rules.limited(viewer):
        return
    written = session.scalar(_WRITTEN, {"author": viewer.person_id})
    check_rate(written, POSTS_PERIOD, "too-many-posts")
    if opens_topic:
        opened = select(Topic.created_at).where(Topic.author_id == viewer.person_id)
        newest = opened.order_by(Topic.created_at.desc())
        check_rate(session.scalar(newest.offset(MOST_TOPICS - 1).limit(1)), TOPICS_PERIOD, "too-many-topics")
