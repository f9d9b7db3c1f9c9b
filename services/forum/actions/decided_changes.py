"""What moderators' decisions change in topics and posts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import Forbidden, NotFound
from contracts.forum import ChangePost, ChangeTopic
from contracts.moderation import DecisionState
from contracts.revisions import Withhold
from core.audience import Viewer
from services.forum import rules, views
from services.forum.actions import helpers
from services.forum.actions.posts import change_post
from services.forum.actions.revisions import show_revision, withhold_revision
from services.forum.actions.topic_revisions import show_topic_revision, withhold_topic_revision
from services.forum.actions.topics import change_topic, check_topic_change
from services.forum.history_queries import shown_text
from services.forum.tables import Post, PostRevision, Topic, TopicRevision
from services.shared.decided_changes import Changeable, ItemText, each_before
from services.shared.powers import part_of


def changeable(session: Session, decision: DecisionState) -> Changeable | None:
    """A topic or post for a decision to change; None if it is about another kind."""
    if decision.kind == "topic":
        return _ChangeableTopic(session, decision.item_id)
    return _ChangeablePost(session, decision.item_id) if decision.kind == "post" else None


class _ChangeablePost:
    def __init__(self, session: Session, post_id: str) -> None:
        self._session = session
        self._id = post_id

    def read(self, viewer: Viewer, language: str) -> ItemText:
        post, topic = helpers.post_for_change(self._session, viewer, self._id)
        helpers.check_edit(viewer, post, topic)
        return _text(viewer, post, topic, "")

    def write(self, viewer: Viewer, text: ItemText) -> None:
        command = ChangePost(revision=text.revision or 0, body=text.body)
        change_post(self._session, viewer, self._id, command)

    def move(self, viewer: Viewer, category: str) -> None:
        raise NotFound

    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        _withhold_posts_texts(self._session, viewer, self._id, revision, command)

    def show(self, viewer: Viewer, language: str, revision: int, reason: str) -> None:
        _show_posts_texts(self._session, viewer, self._id, reason)


class _ChangeableTopic:
    """Its title, and as its text that of its first post. These have histories of their own; `ItemText.revision` counts
    the changes of both."""

    def __init__(self, session: Session, topic_id: str) -> None:
        self._session = session
        self._id = topic_id
        # The numbers of what `write` replaced.
        self._title: int | None = None
        self._body: int | None = None

    def read(self, viewer: Viewer, language: str) -> ItemText:
        topic = self._topic(viewer)
        # Also where its first post is deleted: then it can still be moved.
        check_topic_change(viewer, topic, ChangeTopic(revision=topic.revision))
        text = _text(viewer, topic.first_post, topic, topic.title)
        return replace(text, revision=views.original(topic).revision)

    def write(self, viewer: Viewer, text: ItemText) -> None:
        topic = self._topic(viewer)
        post = topic.first_post
        if text.title != topic.title:
            self._title = shown_text(topic, views.original(topic)).revision
            change_topic(
                self._session, viewer, self._id, ChangeTopic(revision=topic.revision, title=text.title)
            )
        # A first post that was deleted says nothing: the title is changed alone.
        if text.body != post.body and post.deletion_id is None:
            self._body = post.revision
            command = ChangePost(revision=post.revision, body=text.body)
            change_post(self._session, viewer, topic.first_post_id, command)

    def move(self, viewer: Viewer, category: str) -> None:
        command = ChangeTopic(revision=self._topic(viewer).revision, category=category)
        change_topic(self._session, viewer, self._id, command)

    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        topic = self._topic(viewer)
        for title in each_before(self._title or 0):
            with suppress(NotFound):
                withhold_topic_revision(
                    self._session, viewer, self._id, topic.original_language, title, command
                )
        if self._body is not None:
            _withhold_posts_texts(self._session, viewer, topic.first_post_id, self._body, command)

    def show(self, viewer: Viewer, language: str, revision: int, reason: str) -> None:
        topic = self._topic(viewer)
        for title in self._session.scalars(
            select(TopicRevision).where(
                TopicRevision.topic_id == topic.id, TopicRevision.withheld_reason == reason
            )
        ).all():
            show_topic_revision(self._session, viewer, self._id, title.language, title.revision)
        _show_posts_texts(self._session, viewer, topic.first_post_id, reason)

    def _topic(self, viewer: Viewer) -> Topic:
        return helpers.topic_for_change(self._session, viewer, self._id)


def _withhold_posts_texts(
    session: Session, viewer: Viewer, post_id: str, revision: int, command: Withhold
) -> None:
    for number in each_before(revision):
        with suppress(NotFound):
            withhold_revision(session, viewer, post_id, number, command)


def _show_posts_texts(session: Session, viewer: Viewer, post_id: str, reason: str) -> None:
    withheld = select(PostRevision.revision).where(
        PostRevision.post_id == post_id, PostRevision.withheld_reason == reason
    )
    for number in session.scalars(withheld).all():
        show_revision(session, viewer, post_id, number)


def _text(viewer: Viewer, post: Post, topic: Topic, title: str) -> ItemText:
    if not rules.moderates(viewer, part_of(topic)):
        raise Forbidden("not-moderator")
    return ItemText(post.language, title, "", post.body, topic.category or "", post.revision)
