"""Handlers of other services' events: the only writers of the index.

Each writes the whole state that an event carries, so handling events twice, or a rebuild, gives the same index.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.blog import ArticleState
from contracts.common import Kind
from contracts.events import EventState
from contracts.forum import PostState, TopicState
from contracts.people import GroupState, PersonState
from services.search import documents
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Engine, Key


def engine_on(session: Session) -> Engine:
    """The engine whose index is in this session's database."""
    return EmbeddedEngine(session)


def index_article(session: Session, article: ArticleState) -> None:
    """Index a published article; remove any other."""
    _index_or_remove(session, Key("article", article.id), documents.article_document(article))


def index_topic(session: Session, topic: TopicState) -> None:
    """Index a topic."""
    _index_or_remove(session, Key("topic", topic.id), documents.topic_document(topic))


def remove(session: Session, kind: Kind, item_id: str) -> None:
    """Remove a deleted item."""
    engine_on(session).remove([Key(kind, item_id)])


def index_post(session: Session, post: PostState) -> None:
    """Index a reply; remove a deleted one."""
    _index_or_remove(session, Key("post", post.id), documents.post_document(post))


def index_event(session: Session, event: EventState) -> None:
    """Index an event."""
    _index_or_remove(session, Key("event", event.id), documents.event_document(event))


def index_group(session: Session, group: GroupState) -> None:
    """Index a group, with the audience that may know of it."""
    _index_or_remove(session, Key("group", group.id), documents.group_document(group))


def index_person(session: Session, person: PersonState) -> None:
    """Index a person, and let a search for their name find what they wrote."""
    engine_on(session).set_author_name(person.id, person.name)
    _index_or_remove(session, Key("person", person.id), documents.person_document(person))


def _index_or_remove(session: Session, key: Key, document: Document | None) -> None:
    engine = engine_on(session)
    if document is None:
        engine.remove([key])
    else:
        engine.index([document])
