"""The least that a topic needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.blog import ArticleState
from contracts.common import Recorded, TextVersion
from contracts.deletion import Delete
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    PostView,
    SetTopicVersion,
    TopicView,
)
from core.audience import PUBLIC, Viewer
from core.ids import new_id
from services.forum import actions, queries
from tests.unit.harness import NOON
from tests.unit.users import AMIRA, GROUP, person

MODERATOR_INSIDE = person("modin", "moderator", groups=frozenset({GROUP}))


def topic(session: Session, viewer: Viewer = AMIRA, **fields: Any) -> TopicView:
    """A topic with its first post."""
    given = {"language": "es", "title": "Fotos", "body": "Un texto.", "category": "general", **fields}
    return actions.create_topic(session, viewer, CreateTopic(**given))


def reply(session: Session, viewer: Viewer, to: TopicView, body: str = "Yes.", **fields: Any) -> PostView:
    """A reply at the topic's end."""
    return actions.create_post(session, viewer, to.id, CreatePost(body=body, **fields))


def first_post(session: Session, of: TopicView) -> PostView:
    """The post that opened a topic, as its author sees it."""
    author = Viewer(person_id=of.author_id, groups=frozenset({GROUP}))
    return queries.posts(session, author, of.id, None, 1).items[0]


def edit(session: Session, viewer: Viewer, post: PostView, body: str) -> PostView:
    """Save the post's text as this viewer."""
    return actions.change_post(session, viewer, post.id, ChangePost(revision=post.revision, body=body))


def change(session: Session, viewer: Viewer, which: TopicView, **fields: Any) -> TopicView:
    """Change the topic as this viewer."""
    return actions.change_topic(
        session, viewer, which.id, ChangeTopic(**{"revision": which.revision, **fields})
    )


def translate(session: Session, viewer: Viewer, which: TopicView, language: str, **fields: Any) -> TopicView:
    """Add a translation as this viewer."""
    given = {"language": language, "title": f"Title in {language}", "body": f"Body in {language}.", **fields}
    return actions.set_topic_version(session, viewer, which.id, SetTopicVersion(**given))


def article(**fields: Any) -> ArticleState:
    """A published article, as its events carry it."""
    given: dict[str, Any] = {
        "id": new_id(),
        "slug": "año-nuevo",
        "status": "published",
        "audience": PUBLIC,
        "author_id": AMIRA.person_id,
        "contributor_ids": [],
        "category": "community",
        "tags": ["fiesta"],
        "original_language": "es",
        "versions": [TextVersion(language="es", title="Año [nuevo]", summary="Lo que hubo.", body="Texto.")],
        "created_at": NOON,
        "changed_at": NOON,
        "published_at": NOON,
    }
    return ArticleState(**{**given, **fields})


def events(session: Session) -> list[Recorded]:
    """All of the log but the categories' events."""
    recorded = events_after(session, "forum", 0, log_end(session))
    return [each for each in recorded if each.subject.startswith("topic/")]


def event_types(session: Session) -> list[str]:
    """The types of `events`, without what they share."""
    return [event.type.removeprefix("forum.") for event in events(session)]


Write = Callable[[Session, Viewer, TopicView, PostView], object]
WRITES: dict[str, Write] = {
    "open": lambda session, viewer, _topic, _post: topic(session, viewer),
    "rename": lambda session, viewer, which, _: change(session, viewer, which, title="Other"),
    "tag": lambda session, viewer, which, _: change(session, viewer, which, tags=["other"]),
    "pin": lambda session, viewer, which, _: change(session, viewer, which, pinned=True),
    "close": lambda session, viewer, which, _: change(session, viewer, which, closed=True),
    "translate": lambda session, viewer, which, _: translate(session, viewer, which, "fr"),
    "reply": lambda session, viewer, which, _: reply(session, viewer, which),
    "edit": lambda session, viewer, _, post: edit(session, viewer, post, "Other."),
    "delete": lambda session, viewer, _, post: actions.delete_post(
        session, viewer, post.id, Delete(reason="spam")
    ),
    "category": lambda session, viewer, _topic, _post: actions.set_category(
        session, viewer, "x", "en", {"en": ("X", "")}
    ),
}
