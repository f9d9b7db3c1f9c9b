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
from core.deletions import is_noted, other_deletion
from core.shared_columns import DeletionColumns
from services.forum import queries, rules, views
from services.forum.actions import helpers
from services.forum.actions.counts import count_topic
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
        if topic.posts == 0 and other_deletion(session, deletion) is None:
            raise Conflict("topic-empty")
        restore(session, topic, by_id)
    return queries.topic(session, viewer, topic_id, None)


def delete(session: Session, topic: Topic, by_id: str, reason: str, note: str = "") -> Deletion:
    """Delete a locked topic, and append the events of it and its posts."""
    deletion = new_deletion(Deletion, topic, topic.title, (reason, note), by_id, kind="topic")
    session.add(deletion)
    topic.deletion_id = deletion.id
    count_topic(session, topic, -1)
    session.flush()
    events: list[Event] = [TopicDeleted(topic=views.deleted_topic_state(topic), by_id=by_id, reason=reason)]
    for post in _posts(session, topic):
        events.append(PostDeleted(post=views.post_state(post, topic), by_id=by_id))
    append_events(session, events)
    return deletion


def restore(session: Session, topic: Topic, by_id: str) -> None:
    """End a locked topic's deletion, and append the events of it and its posts. If a decision hides it that was made
    meanwhile, it stays deleted by that."""
    deletion = session.get_one(Deletion, topic.deletion_id)
    deletion.end(by_id)
    if (other := other_deletion(session, deletion)) is not None:
        topic.deletion_id = other.id
        session.flush()
        return
    topic.deletion_id = None
    count_topic(session, topic, 1)
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
    deletion = new_deletion(Deletion, topic, title, (reason, note), by_id, **_fields_of(post))
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


def add_deletion(session: Session, viewer: Viewer, item_id: str, command: Delete, *, is_topic: bool) -> None:
    """Note that a decision hides a topic or post that is deleted already: it comes under this deletion when it is
    restored. Does nothing where the item is not deleted, or is so by this decision."""
    if is_topic:
        topic = helpers.topic_for_deletion(session, viewer, item_id)
        deletion_id, title, of_post = topic.deletion_id, topic.title, {"kind": "topic"}
    else:
        post, topic = helpers.post_for_change(session, viewer, item_id, deleted=True)
        deletion_id, of_post = post.deletion_id, _fields_of(post)
        title = markup.excerpt(post.body, _TITLE_LENGTH)
    lasts = deletion_id is not None and not is_noted(session, Deletion, item_id, command.note)
    if lasts and rules.moderates(viewer, part_of(topic)):
        why = checked_reason(command, own=False)
        session.add(new_deletion(Deletion, topic, title, why, writer(viewer), **of_post))
        session.flush()


def go_with_last_post(session: Session, deletion: DeletionColumns) -> None:
    """Let the deletion of a topic of which nothing is left be that of its last post, with which it comes back."""
    posts = select(Post.deletion_id).where(Post.topic_id == deletion.item_id)
    of_posts = select(Deletion).where(Deletion.id.in_(posts)).order_by(Deletion.at.desc(), Deletion.id.desc())
    last = session.scalars(of_posts.limit(1)).one()
    deletion.reason, deletion.note, deletion.by_id = last.reason, last.note, last.by_id


def _fields_of(post: Post) -> dict[str, str]:
    """What is a post's own in its deletion; all else is its topic's."""
    return {"kind": "post", "item_id": post.id, "language": post.language, "author_id": post.author_id}


def restore_post(session: Session, viewer: Viewer, post_id: str) -> PostView:
    """Bring a deleted post back as it was, and with the first one the topic's translations. In a deleted topic it comes
    back with that. If a decision hides it that was made meanwhile, it stays deleted by that."""
    by_id = writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id, deleted=True)
    if post.deletion_id is None:
        return views.post(post, topic, viewer)
    deletion = session.get_one(Deletion, post.deletion_id)
    check_restore(deletion, by_id, rules.moderates(viewer, part_of(topic)))
    deletion.end(by_id)
    if (other := other_deletion(session, deletion)) is not None:
        post.deleted_at, post.deleted_by, post.deletion_id = other.at, other.by_id, other.id
        other.translations, deletion.translations = deletion.translations, None
        session.flush()
        return views.post(post, topic, viewer)
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
