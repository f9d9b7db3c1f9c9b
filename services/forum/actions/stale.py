"""Publishes the present state of what changed in many items at once, by a migration or a merge of categories."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event, append_events
from bus.eventlog.stale import BATCH, Publish
from contracts.common import Event
from contracts.forum import PostChanged, TopicChanged, TopicDeleted
from services.forum import views
from services.forum.actions import helpers
from services.forum.tables import Category, Deletion, Post, Topic


def publish_topic(session: Session, topic_id: str) -> None:
    """A topic and what its posts repeat of it, or that it is deleted."""
    topic = _topic(session, topic_id)
    if topic is None:
        return
    if topic.deletion_id is None:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=topic.author_id))
        helpers.append_posts_changed(session, topic, topic.author_id)
        return
    deletion = session.get_one(Deletion, topic.deletion_id)
    state = views.deleted_topic_state(topic)
    append_event(session, TopicDeleted(topic=state, by_id=deletion.by_id, reason=deletion.reason))


def publish_topics(session: Session, ids: Sequence[str]) -> None:
    """Topics that are there, and what their posts repeat of them; who changed them is not named."""
    for start in range(0, len(ids), BATCH):
        among = ids[start : start + BATCH]
        wanted = select(Topic).where(Topic.id.in_(among)).options(*helpers.TEXTS).order_by(Topic.id)
        topics = {row.id: row for row in session.scalars(wanted.execution_options(populate_existing=True))}
        events: list[Event] = [
            TopicChanged(topic=views.topic_state(row), by_id="") for row in topics.values()
        ]
        posts = select(Post).where(Post.topic_id.in_(among), Post.deleted_at.is_(None))
        for post in session.scalars(posts.order_by(Post.topic_id, Post.number)):
            events.append(PostChanged(post=views.post_state(post, topics[post.topic_id]), by_id=""))
        append_events(session, events)


def publish_post(session: Session, post_id: str) -> None:
    """A post that is there."""
    post = session.get_one(Post, post_id)
    topic = _topic(session, post.topic_id)
    if topic is not None and topic.deletion_id is None and post.deleted_at is None:
        append_event(session, PostChanged(post=views.post_state(post, topic), by_id=post.author_id))


def publish_category(session: Session, slug: str) -> None:
    """A category with its texts."""
    wanted = select(Category).where(Category.slug == slug).options(selectinload(Category.texts))
    append_event(session, views.category_changed(session.scalars(wanted).one()))


def _topic(session: Session, topic_id: str) -> Topic | None:
    wanted = select(Topic).where(Topic.id == topic_id).options(*helpers.TEXTS).with_for_update()
    return session.scalars(wanted).first()


PUBLISHERS: dict[str, Publish] = {
    "topic": publish_topic,
    "post": publish_post,
    "category": publish_category,
}
