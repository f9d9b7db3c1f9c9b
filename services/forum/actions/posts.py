"""Replying, editing and deleting."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Conflict, Forbidden
from contracts.forum import (
    ChangePost,
    CreatePost,
    PostChanged,
    PostCreated,
    PostDeleted,
    PostView,
    TopicChanged,
)
from core import clock, markup
from core.audience import Viewer
from services.forum import queries, rules, views
from services.forum.actions import deletion, helpers
from services.forum.tables import Post, PostRevision, Topic
from services.shared.authorisation import writer
from services.shared.deletion import BY_AUTHOR
from services.shared.texts import known_language


def create_post(session: Session, viewer: Viewer, topic_id: str, command: CreatePost) -> PostView:
    """Reply at the end of a topic."""
    by_id = writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id, with_versions=False)
    if not rules.may_write_in(viewer, topic.audience, topic.closed):
        raise Forbidden("topic-closed")
    body = command.body.rstrip()
    language = topic.original_language if command.language is None else known_language(command.language)
    helpers.check_flood(session, viewer, opens_topic=False)
    post = helpers.add_post(session, topic, viewer, language, body)
    session.flush()
    append_event(session, PostCreated(post=views.post_state(post, topic), by_id=by_id))
    return views.post(post, topic, viewer)


def change_post(session: Session, viewer: Viewer, post_id: str, command: ChangePost) -> PostView:
    """Change a post's text; the previous one is stored. The first post is also the topic's text in its
    original language."""
    by_id = writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id)
    _check_edit(viewer, post, topic)
    body = command.body.rstrip()
    if command.revision != post.revision:
        raise Conflict("edit-conflict", data={"yours": body, "theirs": post.body, "revision": post.revision})
    if body == post.body:
        return views.post(post, topic, viewer)
    helpers.check_edits(session, viewer, post.id)
    session.add(
        PostRevision(
            post_id=post.id,
            revision=post.revision,
            body=post.body,
            by_id=post.edited_by or post.author_id,
            at=post.edited_at or post.created_at,
        )
    )
    post.body, post.mentions = body, rules.mentioned(body)
    post.quoted_ids = queries.visible_post_ids(session, viewer, rules.quoted_ids(body))
    post.revision += 1
    post.edited_at, post.edited_by = clock.now(), by_id
    if post.number == 1:
        original = views.original(topic)
        original.excerpt = markup.excerpt(body)
        helpers.count_revision(original, by_id)
    session.flush()
    if post.number == 1:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    append_event(session, PostChanged(post=views.post_state(post, topic), by_id=by_id))
    return views.post(post, topic, viewer)


def delete_post(session: Session, viewer: Viewer, post_id: str) -> None:
    """Delete a post's text; the post keeps its number. With the first post its translations are deleted, but
    not the topic. A topic of which nothing would remain is deleted instead, with the post in it."""
    by_id = writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id)
    if post.deleted_at is not None:
        return
    _check_edit(viewer, post, topic)
    if topic.posts == 1 and topic.article_id is None:
        own = post.author_id == topic.author_id == by_id
        deletion.delete(session, topic, by_id, BY_AUTHOR if own else "no-posts")
        return
    post.deleted_at, post.deleted_by = clock.now(), by_id
    session.flush()
    topic.posts -= 1
    newest = (
        select(Post).where(Post.topic_id == topic.id, Post.deleted_at.is_(None)).order_by(Post.number.desc())
    )
    last = session.scalars(newest.limit(1)).first()
    topic.last_post_at = topic.created_at if last is None else last.created_at
    topic.last_author_id = topic.author_id if last is None else last.author_id
    if post.number == 1:
        original = views.original(topic)
        original.excerpt = ""
        helpers.count_revision(original, by_id)
        topic.versions[:] = [original]
    session.flush()
    if post.number == 1:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    append_event(session, PostDeleted(post=views.post_state(post, topic), by_id=by_id))


def _check_edit(viewer: Viewer, post: Post, topic: Topic) -> None:
    follows_article = post.number == 1 and topic.article_id is not None
    rules.check_edit(viewer, topic.audience, post.author_id, topic.closed, follows_article)
    if post.deleted_at is not None:
        raise Forbidden("post-deleted")
