"""Topics, posts and edits that wait for review: `services.shared.holding`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    PostView,
    SetTopicVersion,
    TopicView,
)
from contracts.held import ForumHeld, HeldView
from core.audience import Viewer
from core.columns import AnyRow
from core.writing_rows import WritingRows
from services.forum import rules
from services.forum.actions import helpers, posts, topics
from services.forum.actions.writing import judged
from services.forum.tables import Post, Topic
from services.forum.writing_tables import TABLES
from services.shared.authorisation import writer
from services.shared.holding import Holding, Verb, Waits, calls_of
from services.shared.powers import part_of
from services.shared.writing_checks import Verdict

ADDRESS = "/held/talk"


def hold_topic(session: Session, viewer: Viewer, command: CreateTopic) -> HeldView:
    """Have a new topic wait."""
    _, part, _ = topics.check_new_topic(session, viewer, command)
    verdict = judged(session, viewer, part, topics.draft_of_topic(command))
    what = Waits(
        "create_topic",
        None,
        command,
        part,
        part.language,
        command.title,
        command.body.rstrip(),
        "/talk",
    )
    return holding(session).hold(viewer, what, verdict)


def hold_post(session: Session, viewer: Viewer, topic_id: str, command: CreatePost) -> HeldView:
    """Have a reply wait."""
    topic, language, _ = posts.check_new_post(session, viewer, topic_id, command)
    verdict = judged(session, viewer, part_of(topic), posts.draft_of_post(command))
    return _hold(session, viewer, "create_post", topic.id, command, topic, language, command.body, verdict)


def hold_post_change(session: Session, viewer: Viewer, post_id: str, command: ChangePost) -> HeldView:
    """Have an edit of a post wait; what stands stays."""
    post, topic = posts.check_change(session, viewer, post_id, command)
    verdict = judged(session, viewer, part_of(topic), posts.draft_of_change(post, command))
    return _hold(
        session, viewer, "change_post", post.id, command, topic, post.language, command.body, verdict
    )


def hold_topic_change(session: Session, viewer: Viewer, topic_id: str, command: ChangeTopic) -> HeldView:
    """Have a topic's new title or tags wait, with what else is changed with them."""
    writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id)
    topics.check_topic_change(viewer, topic, command)
    if command.title is None and command.tags is None:
        raise NotFound()
    verdict = judged(session, viewer, part_of(topic), topics.draft_of_change(topic, command))
    language, title = topic.original_language, command.title or topic.title
    return _hold(session, viewer, "change_topic", topic.id, command, topic, language, title, verdict)


def hold_topic_version(session: Session, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> HeldView:
    """Have a translation wait."""
    writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id)
    language, version = topics.check_version(viewer, topic, command)
    draft = topics.draft_of_version(topic, version, command)
    verdict = judged(session, viewer, part_of(topic), draft)
    what = Waits(
        "set_topic_version",
        topic.id,
        command,
        part_of(topic),
        language,
        command.title,
        draft.body,
        _path(topic),
    )
    return holding(session).hold(viewer, what, verdict)


def holding(session: Session) -> Holding:
    """The forum's held items, in this transaction."""
    return Holding(
        rows=WritingRows(session, TABLES),
        verbs=_verbs(session),
        announce=lambda state: append_event(session, ForumHeld(held=state)),
        moderates=rules.moderates,
        judge=lambda viewer, part, draft: judged(session, viewer, part, draft),
        address=ADDRESS,
    )


def _verbs(session: Session) -> Mapping[str, Verb]:
    def create_topic(author: Viewer, _: str | None, command: CreateTopic) -> str:
        return _path(topics.create_topic(session, author, command))

    def create_post(author: Viewer, topic_id: str | None, command: CreatePost) -> str:
        return _post_path(posts.create_post(session, author, topic_id or "", command))

    def change_post(author: Viewer, post_id: str | None, command: ChangePost) -> str:
        return _post_path(posts.change_post(session, author, post_id or "", command))

    def change_topic(author: Viewer, topic_id: str | None, command: ChangeTopic) -> str:
        return _path(topics.change_topic(session, author, topic_id or "", command))

    def set_version(author: Viewer, topic_id: str | None, command: SetTopicVersion) -> str:
        return _path(topics.set_topic_version(session, author, topic_id or "", command))

    return {
        "create_topic": Verb(CreateTopic, "topic", "title", "body", create_topic),
        "create_post": Verb(CreatePost, "post", None, "body", create_post),
        "change_post": Verb(ChangePost, "post", None, "body", change_post),
        "change_topic": Verb(ChangeTopic, "topic", None, "title", change_topic),
        "set_topic_version": Verb(SetTopicVersion, "topic", "title", "body", set_version),
    }


def _hold(
    session: Session,
    viewer: Viewer,
    verb: str,
    target_id: str,
    command: CreatePost | ChangePost | ChangeTopic,
    topic: Topic | AnyRow,
    language: str,
    text: str,
    verdict: Verdict,
) -> HeldView:
    """Have something in a topic wait, under the topic's title."""
    what = Waits(verb, target_id, command, part_of(topic), language, topic.title, text.rstrip(), _path(topic))
    return holding(session).hold(viewer, what, verdict)


def _path(topic: Topic | AnyRow | TopicView) -> str:
    return f"/talk/t/{topic.id}"


def _post_path(post: Post | PostView) -> str:
    return f"/talk/p/{post.id}"


CALLS = calls_of(holding)
