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
from core.columns import AnyRow, NewRow
from services.forum import rules, views
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
    topic, language, stored_rules = check_new_post(session, viewer, topic_id, command)
    draft = draft_of_post(command)
    verdict = writing.judged(session, viewer, part_of(topic), draft, stored_rules).appearing()
    post = _store(session, viewer, topic, language, command.body.rstrip())
    parsed = views.parsed_text(post)
    append_event(
        session, PostCreated(post=views.post_state(post, topic), by_id=post.author_id, parsed=parsed)
    )
    writing.flag_post(session, verdict, post, topic)
    return views.post(post, topic, viewer)


def check_new_post(
    session: Session, viewer: Viewer, topic_id: str, command: CreatePost
) -> tuple[AnyRow, str, str]:
    """The topic, locked, the reply's language, and the stored rules for writing. Raises if the viewer may not reply,
    and what `create_post` does."""
    writer(viewer)
    topic = helpers.topic_for_reply(session, viewer, topic_id)
    if not rules.may_write_in(viewer, part_of(topic), topic.closed):
        raise Forbidden("topic-closed")
    language = topic.original_language if command.language is None else known_language(command.language)
    return topic, language, flood.check_flood_of_replies(session, viewer)


def draft_of_post(command: CreatePost) -> Draft:
    """A new reply, for the rules."""
    return Draft("", command.body.rstrip(), "reply")


def _store(session: Session, viewer: Viewer, topic: AnyRow, language: str, body: str) -> NewRow:
    """Insert a new post and count it in its topic; returns the post's row.

    By two ready-made statements: the session's own way takes as long as all the others of a reply.
    """
    author_id, at = viewer.person_id or "", clock.now()
    number = topic.last_number + 1
    mentions, quoted_ids = helpers.links_to(session, viewer, body)
    columns = helpers.post_columns(topic, number, author_id, language, body, at)
    columns |= {"mentions": mentions, "quoted_ids": quoted_ids}
    session.execute(_INSERT, columns)
    counts = (topic.posts + 1, number, max(at, topic.last_post_at), author_id)
    new = {f"new_{name}": value for name, value in zip(_COUNTED, counts, strict=True)}
    session.execute(_COUNT, {"counted": topic.id, **new})
    return NewRow(**columns)


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
    post.mentions, post.quoted_ids = helpers.links_to(session, viewer, body)
    post.revision += 1
    post.edited_at, post.edited_by = clock.now(), by_id
    if post.number == 1:
        original = views.original(topic)
        original.excerpt = markup.excerpt(body)
        helpers.count_revision(original, by_id)
    session.flush()
    if post.number == 1:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    parsed = views.parsed_text(post)
    append_event(session, PostChanged(post=views.post_state(post, topic), by_id=by_id, parsed=parsed))
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
