"""Handlers of other services' events: the only writers of the index.

Each writes the whole state that an event carries, so handling events twice, or a rebuild, gives the same index.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored, ArticleState
from contracts.common import Kind, Recorded
from contracts.events import (
    EventChanged,
    EventCreated,
    EventDeleted,
    EventRecalculated,
    EventRestored,
    EventState,
)
from contracts.forum import (
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    PostState,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
    TopicState,
)
from contracts.people import GroupChanged, GroupState, PersonChanged, PersonState
from services.search import documents
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Engine, Key

ArticleEvent = ArticlePublished | ArticleChanged | ArticleRestored
TopicEvent = TopicCreated | TopicChanged | TopicRestored
PostEvent = PostCreated | PostChanged | PostDeleted | PostRestored
EventEvent = EventCreated | EventChanged | EventRecalculated | EventRestored


def engine_on(session: Session) -> Engine:
    """The engine whose index is in this session's database."""
    return EmbeddedEngine(session)


def index_article(session: Session, article: ArticleState) -> None:
    """Index a published article; remove any other."""
    _index_or_remove(session, Key("article", article.id), documents.article_document(article))


def index_topic(session: Session, topic: TopicState) -> None:
    """Index a topic."""
    _index_or_remove(session, Key("topic", topic.id), documents.topic_document(topic))


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
    """Index a person, unless they have vanished, and let a search for their name find what they wrote."""
    engine_on(session).set_author_name(person.id, person.name)
    document = None if person.vanished else documents.person_document(person)
    _index_or_remove(session, Key("person", person.id), document)


def article_changed(session: Session, event: ArticleEvent, _recorded: Recorded) -> None:
    """Index the article as it is now."""
    index_article(session, event.article)


def article_removed(session: Session, event: ArticleDeleted, _recorded: Recorded) -> None:
    """Remove the article."""
    _remove(session, "article", event.article.id)


def topic_changed(session: Session, event: TopicEvent, _recorded: Recorded) -> None:
    """Index the topic as it is now."""
    index_topic(session, event.topic)


def topic_removed(session: Session, event: TopicDeleted, _recorded: Recorded) -> None:
    """Remove the topic."""
    _remove(session, "topic", event.topic.id)


def post_changed(session: Session, event: PostEvent, _recorded: Recorded) -> None:
    """Index the post as it is now."""
    index_post(session, event.post)


def event_changed(session: Session, event: EventEvent, _recorded: Recorded) -> None:
    """Index the event as it is now."""
    index_event(session, event.event)


def event_removed(session: Session, event: EventDeleted, _recorded: Recorded) -> None:
    """Remove the event."""
    _remove(session, "event", event.event.id)


def group_changed(session: Session, event: GroupChanged, _recorded: Recorded) -> None:
    """Index the group as it is now."""
    index_group(session, event.group)


def person_changed(session: Session, event: PersonChanged, _recorded: Recorded) -> None:
    """Index the person as they are now."""
    index_person(session, event.person)


def _index_or_remove(session: Session, key: Key, document: Document | None) -> None:
    engine = engine_on(session)
    if document is None:
        engine.remove([key])
    else:
        engine.index([document])


def _remove(session: Session, kind: Kind, item_id: str) -> None:
    engine_on(session).remove([Key(kind, item_id)])
