"""Deleting topics and posts, and restoring them. What is deleted keeps everything; its author and moderators see it."""

from __future__ import annotations

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event, append_events
from contracts.common import Event
from contracts.deletion import Delete
from contracts.deletion import Deletion as DeletionView
from contracts.errors import Conflict, Forbidden
from contracts.forum import (
    PostDeleted,
    PostRestored,
    PostView,
    TopicChanged,
    TopicDeleted,
    TopicRestored,
    TopicView,
)
from core import markup
from core.audience import Viewer
from services.forum import queries, rules, views
from services.forum.actions import helpers
from services.forum.tables import Deletion, Post, PostRevision, Topic
from services.shared.authorisation import writer
from services.shared.deletion import (
    BY_AUTHOR,
    NO_POSTS,
    check_restore,
    checked_reason,
    deletion_view,
    new_deletion,
)
from services.shared.powers import part_of

WITH_ARTICLE = "article"
"""The reason of the deletion of a discussion whose article is deleted."""

_TITLE_LENGTH = 200


def delete_topic(session: Session, viewer: Viewer, topic_id: str, command: Delete) -> DeletionView:
    """Delete a topic with all its posts. One that is deleted already stays under the deletion that it is under."""
    by_id = writer(viewer)
    topic = helpers.topic_for_deletion(session, viewer, topic_id)
    moderates = rules.moderates(viewer, part_of(topic))
    if topic.deletion_id is not None:
        return deletion_view(session.get_one(Deletion, topic.deletion_id), viewer, moderates)
    own = rules.check_delete(
        viewer,
        part_of(topic),
        topic.author_id,
        topic.closed,
        topic.article_id is not None,
        queries.answered(session, topic),
    )
    reason, note = checked_reason(command, own)
    return deletion_view(delete(session, topic, by_id, reason, note), viewer, moderates)


def restore_topic(session: Session, viewer: Viewer, topic_id: str) -> TopicView:
    """Bring a deleted topic back as it was."""
    by_id = writer(viewer)
    topic = helpers.topic_for_deletion(session, viewer, topic_id)
    if topic.deletion_id is not None:
        deletion = session.get_one(Deletion, topic.deletion_id)
        moderates = rules.moderates(viewer, part_of(topic))
        if topic.article_deleted:
            raise Forbidden("not-restorer")
        check_restore(deletion, by_id, moderates)
        if topic.posts == 0:
            raise Conflict("topic-empty")
        restore(session, topic, by_id)
    return queries.topic(session, viewer, topic_id, None)


def delete(session: Session, topic: Topic, by_id: str, reason: str, note: str = "") -> Deletion:
    """Delete a locked topic, and append the events of it and its posts."""
    deletion = new_deletion(Deletion, topic, topic.title, (reason, note), by_id, kind="topic")
    session.add(deletion)
    topic.deletion_id = deletion.id
    helpers.count_topic(session, topic.category, topic.audience, -1)
    session.flush()
    events: list[Event] = [TopicDeleted(topic=views.deleted_topic_state(topic), by_id=by_id, reason=reason)]
    for post in _posts(session, topic):
        events.append(PostDeleted(post=views.post_state(post, topic), by_id=by_id))
    append_events(session, events)
    return deletion


def restore(session: Session, topic: Topic, by_id: str) -> None:
    """End a locked topic's deletion, and append the events of it and its posts."""
    deletion = session.get_one(Deletion, topic.deletion_id)
    deletion.end(by_id)
    topic.deletion_id = None
    helpers.count_topic(session, topic.category, topic.audience, 1)
    session.flush()
    events: list[Event] = [TopicRestored(topic=views.topic_state(topic), by_id=by_id)]
    for post in _posts(session, topic):
        events.append(PostRestored(post=views.post_state(post, topic), by_id=by_id))
    append_events(session, events)


def delete_post(
    session: Session, viewer: Viewer, post_id: str, command: Delete, *, by_decision: bool = False
) -> DeletionView:
    """Delete a post's text; the post keeps its number. With the first post its translations are deleted, but
    not the topic. A topic of which nothing would remain is deleted instead, with the post in it.

    A decision also deletes a post of a topic that is deleted: it stays so when the topic is restored.
    """
    by_id = writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id, deleted=by_decision)
    moderates = rules.moderates(viewer, part_of(topic))
    if post.deletion_id is not None and rules.may_see_deleted(viewer, part_of(topic), post.author_id):
        return deletion_view(session.get_one(Deletion, post.deletion_id), viewer, moderates)
    helpers.check_edit(viewer, post, topic)
    reason, note = checked_reason(command, post.author_id == by_id)
    if topic.posts == 1 and topic.article_id is None and topic.deletion_id is None:
        if reason == BY_AUTHOR and topic.author_id != by_id:
            reason = NO_POSTS
        return deletion_view(delete(session, topic, by_id, reason, note), viewer, moderates)
    title = markup.excerpt(post.body, _TITLE_LENGTH)
    of_post = {"kind": "post", "item_id": post.id, "language": post.language, "author_id": post.author_id}
    deletion = new_deletion(Deletion, topic, title, (reason, note), by_id, **of_post)
    session.add_all([deletion, helpers.revision_of(post)])
    post.deleted_at, post.deleted_by, post.deletion_id = deletion.at, by_id, deletion.id
    session.flush()
    helpers.count_posts(session, topic, -1)
    if post.number == 1:
        original = views.original(topic)
        original.excerpt = ""
        helpers.count_revision(original, by_id)
        deletion.translations = helpers.take_translations(topic)
    session.flush()
    if post.number == 1 and topic.deletion_id is None:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    append_event(session, PostDeleted(post=views.post_state(post, topic), by_id=by_id, reason=reason))
    return deletion_view(deletion, viewer, moderates)


def restore_post(session: Session, viewer: Viewer, post_id: str) -> PostView:
    """Bring a deleted post back as it was, and with the first one the topic's translations. In a deleted topic it comes
    back with that."""
    by_id = writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id, deleted=True)
    if post.deletion_id is None:
        return views.post(post, topic, viewer)
    deletion = session.get_one(Deletion, post.deletion_id)
    check_restore(deletion, by_id, rules.moderates(viewer, part_of(topic)))
    deletion.end(by_id)
    post.deleted_at = post.deleted_by = post.deletion_id = None
    session.execute(
        delete_rows(PostRevision).where(
            PostRevision.post_id == post.id, PostRevision.revision == post.revision
        )
    )
    session.flush()
    helpers.count_posts(session, topic, 1)
    if post.number == 1:
        original = views.original(topic)
        original.excerpt = markup.excerpt(post.body)
        helpers.count_revision(original, by_id)
        helpers.put_translations_back(topic, deletion.translations or [])
        deletion.translations = None
    session.flush()
    if topic.deletion_id is not None:
        append_event(session, PostDeleted(post=views.post_state(post, topic), by_id=by_id))
        return views.post(post, topic, viewer)
    if post.number == 1:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    append_event(session, PostRestored(post=views.post_state(post, topic), by_id=by_id))
    return views.post(post, topic, viewer)


def _posts(session: Session, topic: Topic) -> list[Post]:
    """The topic's posts that are not deleted by themselves."""
    posts = select(Post).where(Post.topic_id == topic.id, Post.deleted_at.is_(None)).order_by(Post.number)
    return list(session.scalars(posts))
