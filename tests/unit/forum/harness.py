"""People, and the least that a topic needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.blog import ArticleState
from contracts.common import Recorded, TextVersion
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    PostView,
    SetTopicVersion,
    TopicView,
)
from core.audience import PUBLIC, Role, Viewer, group_audience
from core.ids import new_id
from services.forum import actions, queries

GROUP = "0group0000000000"
CIRCLE = group_audience(GROUP)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(name: str, *roles: Role, **more: Any) -> Viewer:
    """A member with these roles; the id is the name, filled up."""
    return Viewer(person_id=name.ljust(16, "0"), name=name, roles=frozenset({"member", *roles}), **more)


STRANGER = Viewer()
AMIRA = person("amira", languages=("ar", "es"))
BO = person("b0", languages=("en",))
EDITOR = person("editor", "editor")
MODERATOR = person("mod", "moderator")
ADMIN = person("admin", "administrator")
INSIDER = person("insider", groups=frozenset({GROUP}))
GROUP_MODERATOR = person("gmod", groups=frozenset({GROUP}), moderates=frozenset({GROUP}))
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
