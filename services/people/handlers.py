"""Handlers of other services' events: what people write says who is new, and what waits or is flagged is a case."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from contracts.blog import ArticlePublished
from contracts.common import Recorded
from contracts.events import EventCreated, EventDeleted, EventRestored
from contracts.forum import PostCreated, PostDeleted, PostRestored
from services.people.actions import trust


def posts_created(session: Session, pairs: Sequence[tuple[PostCreated, Recorded]]) -> None:
    """Count posts. What opens the discussion of an article is not written by anybody."""
    trust.contributed(
        session,
        [
            (event.post.author_id, event.post.created_at.date())
            for event, _ in pairs
            if not (event.post.number == 1 and event.post.article_id)
        ],
    )


def post_deleted(session: Session, event: PostDeleted, recorded: Recorded) -> None:
    """A post did not stand; with another's topic it may."""
    post = event.post
    if event.by_id != post.author_id and (not post.topic_deleted or post.number == 1):
        trust.removed(session, post.author_id)


def post_restored(session: Session, event: PostRestored, recorded: Recorded) -> None:
    """A post stands again."""
    if event.by_id != event.post.author_id:
        trust.removed(session, event.post.author_id, -1)


def article_published(session: Session, event: ArticlePublished, recorded: Recorded) -> None:
    """Count an article."""
    trust.contributed(session, [(event.article.author_id, recorded.occurred_at.date())])


def event_created(session: Session, event: EventCreated, recorded: Recorded) -> None:
    """Count an event."""
    trust.contributed(session, [(event.event.author_id, recorded.occurred_at.date())])


def event_deleted(session: Session, event: EventDeleted, recorded: Recorded) -> None:
    """An event did not stand."""
    if event.by_id != event.event.author_id:
        trust.removed(session, event.event.author_id)


def event_restored(session: Session, event: EventRestored, recorded: Recorded) -> None:
    """An event stands again."""
    if event.by_id != event.event.author_id:
        trust.removed(session, event.event.author_id, -1)
