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
from services.forum.actions import flood, helpers, writing
from services.forum.tables import Post, Topic
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.texts import known_language
from services.shared.writing_checks import Draft

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
    """Reply at the end of a topic. Raises `Conflict("review-needed")`, as all that writes a text."""
    topic, language = check_new_post(session, viewer, topic_id, command)
    verdict = writing.judged(session, viewer, part_of(topic), draft_of_post(command)).appearing()
    post = helpers.written_post(session, topic, viewer, language, command.body.rstrip())
    _store(session, topic, post)
    append_event(session, PostCreated(post=views.post_state(post, topic), by_id=post.author_id))
    writing.flag_post(session, verdict, post, topic)
    return views.post(post, topic, viewer)


def check_new_post(session: Session, viewer: Viewer, topic_id: str, command: CreatePost) -> tuple[Topic, str]:
    """The topic, locked, and the reply's language. Raises if the viewer may not reply, and what `create_post` does."""
    writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id, with_versions=False)
    if not rules.may_write_in(viewer, part_of(topic), topic.closed):
        raise Forbidden("topic-closed")
    language = topic.original_language if command.language is None else known_language(command.language)
    flood.check_flood(session, viewer, opens_topic=False)
    return topic, language


def draft_of_post(command: CreatePost) -> Draft:
    """A new reply, for the rules."""
    return Draft("", command.body.rstrip(), "reply")


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
    post, topic = check_change(session, viewer, post_id, command)
    by_id, body = writer(viewer), command.body.rstrip()
    if body == post.body:
        return views.post(post, topic, viewer)
    flood.check_edits(session, viewer, post.id)
    verdict = writing.judged(session, viewer, part_of(topic), draft_of_change(post, command)).appearing()
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
    writing.flag_post(session, verdict, post, topic)
    return views.post(post, topic, viewer)


def check_change(session: Session, viewer: Viewer, post_id: str, command: ChangePost) -> tuple[Post, Topic]:
    """The post and its topic, locked. Raises if the viewer may not change it, and `Conflict("edit-conflict")`."""
    writer(viewer)
    post, topic = helpers.post_for_change(session, viewer, post_id)
    helpers.check_edit(viewer, post, topic)
    if command.revision != post.revision:
        yours = command.body.rstrip()
        raise Conflict("edit-conflict", data={"yours": yours, "theirs": post.body, "revision": post.revision})
    return post, topic


def draft_of_change(post: Post, command: ChangePost) -> Draft:
    """A post's new text, for the rules."""
    return Draft("", command.body.rstrip(), before=post.body)
