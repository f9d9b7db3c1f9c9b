"""Replying and editing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Conflict, Forbidden
from contracts.forum import (
    ChangePost,
    CreatePost,
    PostChanged,
    PostCreated,
    PostView,
    TopicChanged,
)
from core import clock, markup
from core.audience import Viewer
from services.forum import queries, rules, views
from services.forum.actions import flood, helpers
from services.forum.tables import Post, Topic
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.texts import known_language

_POSTS: Any = Post.__table__
_TOPICS: Any = Topic.__table__
_COUNTED = ("posts", "last_number", "last_post_at", "last_author_id")
_INSERT = insert(_POSTS)
_COUNT = (
    update(_TOPICS)
    .where(_TOPICS.c.id == bindparam("counted"))
    .values({name: bindparam(f"new_{name}") for name in _COUNTED})
)


def create_post(session: Session, viewer: Viewer, topic_id: str, command: CreatePost) -> PostView:
    """Reply at the end of a topic."""
    by_id = writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id, with_versions=False)
    if not rules.may_write_in(viewer, part_of(topic), topic.closed):
        raise Forbidden("topic-closed")
    body = command.body.rstrip()
    language = topic.original_language if command.language is None else known_language(command.language)
    flood.check_flood(session, viewer, opens_topic=False)
    post = helpers.written_post(session, topic, viewer, language, body)
    _store(session, topic, post)
    append_event(session, PostCreated(post=views.post_state(post, topic), by_id=by_id))
    return views.post(post, topic, viewer)


def _store(session: Session, topic: Topic, post: Post) -> None:
    """Insert a new post and count it in its topic, which is the session's no longer.

    By two ready-made statements: the session's own way takes as long as all the others of a reply.
    """
    session.expunge(topic)
    session.execute(_INSERT, {column.name: getattr(post, column.name) for column in _POSTS.columns})
    counts = {f"new_{name}": getattr(topic, name) for name in _COUNTED}
    session.execute(_COUNT, {"counted": topic.id, **counts})


def change_post(session: Session, viewer: Viewer, post_id: str, command: ChangePost) -> PostView:
    """Change a post's text; the previous one is stored. The first post is also the topic's text in its
    original language."""
    by_id = writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id)
    helpers.check_edit(viewer, post, topic)
    body = command.body.rstrip()
    if command.revision != post.revision:
        raise Conflict("edit-conflict", data={"yours": body, "theirs": post.body, "revision": post.revision})
    if body == post.body:
        return views.post(post, topic, viewer)
    flood.check_edits(session, viewer, post.id)
    session.add(helpers.revision_of(post))
    helpers.set_body(post, body)
    post.mentions = rules.mentioned(body)
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
