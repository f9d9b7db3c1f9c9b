"""Handlers of other services' events: the only writers of the index.

Each writes the whole state that an event carries, so handling events twice, or a rebuild, gives the same index. What
they write to is the engine's (`engine.Writer`).
"""

from __future__ import annotations

from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored, ArticleState
from contracts.common import Kind, Recorded
from contracts.events import (
    EventChanged,
    EventCreated,
    EventDeleted,
    EventRecalculated,
    EventRestored,
    EventState,
    NextDateChanged,
)
from contracts.forum import (
    ParsedText,
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
from services.search.engine import Document, Key, Writer

ArticleEvent = ArticlePublished | ArticleChanged | ArticleRestored
TopicEvent = TopicCreated | TopicChanged | TopicRestored
PostEvent = PostCreated | PostChanged | PostDeleted | PostRestored
EventEvent = EventCreated | EventChanged | EventRecalculated | EventRestored | NextDateChanged


def index_article(writer: Writer, article: ArticleState) -> None:
    """Index a published article; remove any other."""
    _index_or_remove(writer, Key("article", article.id), documents.article_document(article))


def index_topic(writer: Writer, topic: TopicState) -> None:
    """Index a topic."""
    _index_or_remove(writer, Key("topic", topic.id), documents.topic_document(topic))


def index_post(writer: Writer, post: PostState, parsed: ParsedText | None = None) -> None:
    """Index a reply; remove a deleted one. `parsed`: what its event says of its text."""
    _index_or_remove(writer, Key("post", post.id), documents.post_document(post, parsed))


def index_event(writer: Writer, event: EventState) -> None:
    """Index an event."""
    _index_or_remove(writer, Key("event", event.id), documents.event_document(event))


def index_group(writer: Writer, group: GroupState) -> None:
    """Index a group, with the audience that may know of it."""
    _index_or_remove(writer, Key("group", group.id), documents.group_document(group))


def index_person(writer: Writer, person: PersonState) -> None:
    """Index a person, unless they have vanished, and let a search for their name find what they wrote."""
    writer.set_author_name(person.id, person.name)
    document = None if person.vanished else documents.person_document(person)
    _index_or_remove(writer, Key("person", person.id), document)


def article_changed(writer: Writer, event: ArticleEvent, _recorded: Recorded) -> None:
    """Index the article as it is now."""
    index_article(writer, event.article)


def article_removed(writer: Writer, event: ArticleDeleted, _recorded: Recorded) -> None:
    """Remove the article."""
    _remove(writer, "article", event.article.id)


def topic_changed(writer: Writer, event: TopicEvent, _recorded: Recorded) -> None:
    """Index the topic as it is now."""
    index_topic(writer, event.topic)


def topic_removed(writer: Writer, event: TopicDeleted, _recorded: Recorded) -> None:
    """Remove the topic."""
    _remove(writer, "topic", event.topic.id)


def post_changed(writer: Writer, event: PostEvent, _recorded: Recorded) -> None:
    """Index the post as it is now."""
    index_post(writer, event.post, event.parsed if isinstance(event, PostCreated | PostChanged) else None)


def event_changed(writer: Writer, event: EventEvent, _recorded: Recorded) -> None:
    """Index the event as it is now."""
    index_event(writer, event.event)


def event_removed(writer: Writer, event: EventDeleted, _recorded: Recorded) -> None:
    """Remove the event."""
    _remove(writer, "event", event.event.id)


def group_changed(writer: Writer, event: GroupChanged, _recorded: Recorded) -> None:
    """Index the group as it is now."""
    index_group(writer, event.group)


def person_changed(writer: Writer, event: PersonChanged, _recorded: Recorded) -> None:
    """Index the person as they are now."""
    index_person(writer, event.person)


def _index_or_remove(writer: Writer, key: Key, document: Document | None) -> None:
    if document is None:
        writer.remove([key])
    else:
        writer.index([document])


def _remove(writer: Writer, kind: Kind, item_id: str) -> None:
    writer.remove([Key(kind, item_id)])
