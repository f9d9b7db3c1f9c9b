"""How much a person may write within a period."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from core.audience import Viewer
from core.writing_rows import stored_rules
from services.forum import rules
from services.forum.tables import Post, PostRevision, Topic, TopicRevision
from services.forum.writing_tables import TABLES
from services.shared.limits import check_rate

MOST_POSTS, POSTS_PERIOD = 30, timedelta(minutes=10)
MOST_TOPICS, TOPICS_PERIOD = 15, timedelta(hours=1)
MOST_EDITS, EDITS_PERIOD = 30, timedelta(hours=1)

# Built once, as those of `helpers`.
_POST: Any = Post.__table__
_WRITTEN: Select[Any] = (
    select(_POST.c.created_at)
    .where(_POST.c.author_id == bindparam("author"))
    .order_by(_POST.c.created_at.desc())
    .offset(MOST_POSTS - 1)
    .limit(1)
)
_BEFORE_REPLY: Select[Any] = select(_WRITTEN.scalar_subquery(), stored_rules(TABLES.rules).scalar_subquery())


def check_edits(session: Session, viewer: Viewer, post_id: str) -> None:
    """Raises `TooMany`, with the seconds to wait, if a post was edited as often as one may be."""
    if rules.limited(viewer):
        replaced = select(PostRevision.at).where(PostRevision.post_id == post_id)
        newest = replaced.order_by(PostRevision.revision.desc())
        check_rate(session.scalar(newest.offset(MOST_EDITS - 1).limit(1)), EDITS_PERIOD, "too-many-edits")


def check_title_edits(session: Session, viewer: Viewer, topic_id: str) -> None:
    """Raises `TooMany`, with the seconds to wait, if a topic's title and translations were changed as often as they may
    be."""
    if rules.limited(viewer):
        replaced = select(TopicRevision.at).where(TopicRevision.topic_id == topic_id)
        newest = replaced.order_by(TopicRevision.at.desc()).offset(MOST_EDITS - 1).limit(1)
        check_rate(session.scalar(newest), EDITS_PERIOD, "too-many-edits")


def check_flood_of_topics(session: Session, viewer: Viewer) -> None:
    """Raises `TooMany`, with the seconds to wait, if the viewer has written as much, or opened as many topics, as one
    person may."""
    if not rules.limited(viewer):
        return
    check_rate(session.scalar(_WRITTEN, {"author": viewer.person_id}), POSTS_PERIOD, "too-many-posts")
    opened = select(Topic.created_at).where(Topic.author_id == viewer.person_id)
    newest = opened.order_by(Topic.created_at.desc())
    check_rate(session.scalar(newest.offset(MOST_TOPICS - 1).limit(1)), TOPICS_PERIOD, "too-many-topics")


def check_flood_of_replies(session: Session, viewer: Viewer) -> str:
    """Raises `TooMany`, with the seconds to wait, if the viewer has written as much as one person may. Returns the
    stored rules for writing, which the same statement reads."""
    written, stored = session.execute(_BEFORE_REPLY, {"author": viewer.person_id}).one()
    if rules.limited(viewer):
        check_rate(written, POSTS_PERIOD, "too-many-posts")
    return stored or ""
