"""The writers of the index: each takes an event's whole state, so that handling it twice, or again from the beginning,
ends in the same index."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.blog import ArticleState
from contracts.events import EventState
from contracts.forum import PostState, TopicState
from contracts.people import GroupState, PersonState
from services.search import documents
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Engine, Key


def engine_on(session: Session) -> Engine:
    """The engine that keeps its index in this session's database."""
    return EmbeddedEngine(session)


def put_article(session: Session, article: ArticleState) -> None:
    """Index an article as long as it is published."""
    _put(session, Key("article", article.id), documents.article_document(article))


def put_topic(session: Session, topic: TopicState) -> None:
    """Index a topic."""
    _put(session, Key("topic", topic.id), documents.topic_document(topic))


def put_post(session: Session, post: PostState) -> None:
    """Index a reply, or take it out when it was deleted."""
    _put(session, Key("post", post.id), documents.post_document(post))


def put_event(session: Session, event: EventState) -> None:
    """Index an event."""
    _put(session, Key("event", event.id), documents.event_document(event))


def put_group(session: Session, group: GroupState) -> None:
    """Index a group for those who may know of it."""
    _put(session, Key("group", group.id), documents.group_document(group))


def put_person(session: Session, person: PersonState) -> None:
    """Index a person, and let their name find what they wrote."""
    engine_on(session).name_author(person.id, person.name)
    _put(session, Key("person", person.id), documents.person_document(person))


def _put(session: Session, key: Key, document: Document | None) -> None:
    engine = engine_on(session)
    if document is None:
        engine.remove([key])
    else:
        engine.index([document])
