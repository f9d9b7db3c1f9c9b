"""What moderators' decisions change in topics and posts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.errors import Forbidden, NotFound
from contracts.forum import ChangePost, ChangeTopic
from contracts.moderation import DecisionState
from contracts.revisions import Withhold
from core.audience import Viewer
from services.forum import rules
from services.forum.actions import helpers
from services.forum.actions.posts import change_post
from services.forum.actions.revisions import show_revision, withhold_revision
from services.forum.actions.topics import change_topic
from services.forum.tables import Post, Topic
from services.shared.decided_changes import Changeable, ItemText
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
        return _text(viewer, post, topic, "")

    def write(self, viewer: Viewer, text: ItemText) -> None:
        command = ChangePost(revision=text.revision or 0, body=text.body)
        change_post(self._session, viewer, self._id, command)

    def move(self, viewer: Viewer, category: str) -> None:
        raise NotFound

    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        withhold_revision(self._session, viewer, self._id, revision, command)

    def show(self, viewer: Viewer, language: str, revision: int) -> None:
        show_revision(self._session, viewer, self._id, revision)


class _ChangeableTopic:
    """Its title, and as its text that of its first post."""

    def __init__(self, session: Session, topic_id: str) -> None:
        self._session = session
        self._id = topic_id

    def read(self, viewer: Viewer, language: str) -> ItemText:
        topic = self._topic(viewer)
        return _text(viewer, topic.first_post, topic, topic.title)

    def write(self, viewer: Viewer, text: ItemText) -> None:
        topic = self._topic(viewer)
        if text.title != topic.title:
            change_topic(
                self._session, viewer, self._id, ChangeTopic(revision=topic.revision, title=text.title)
            )
        command = ChangePost(revision=text.revision or 0, body=text.body)
        change_post(self._session, viewer, topic.first_post_id, command)

    def move(self, viewer: Viewer, category: str) -> None:
        command = ChangeTopic(revision=self._topic(viewer).revision, category=category)
        change_topic(self._session, viewer, self._id, command)

    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        withhold_revision(self._session, viewer, self._topic(viewer).first_post_id, revision, command)

    def show(self, viewer: Viewer, language: str, revision: int) -> None:
        show_revision(self._session, viewer, self._topic(viewer).first_post_id, revision)

    def _topic(self, viewer: Viewer) -> Topic:
        return helpers.topic_for_change(self._session, viewer, self._id)


def _text(viewer: Viewer, post: Post, topic: Topic, title: str) -> ItemText:
    helpers.check_edit(viewer, post, topic)
    if not rules.moderates(viewer, part_of(topic)):
        raise Forbidden("not-moderator")
    return ItemText(post.language, title, "", post.body, topic.category or "", post.revision)
