"""Publishes the present state of what a migration has changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bus.eventlog.append import append_event
from bus.eventlog.stale import Publish
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
