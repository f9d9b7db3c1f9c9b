"""Finds the followed searches that new items match, and publishes it.

A handler looks for them in the transaction that indexes the item, and enqueues a task that appends the event: so a
rebuild, which handles all events again, publishes nothing (`bus.consumer.rebuild`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.eventlog.schema import event_log
from bus.outbox.tasks import OutboxTask, enqueue_all
from contracts.common import Recorded
from contracts.notify import SavedSearchChanged
from contracts.people import GroupChanged
from contracts.search import ItemMatched
from core import clock
from core.audience import group_of
from core.database import insert_or_ignore
from services.search import official
from services.search.engine import Document, Key, Writer
from services.search.following.queries import compared
from services.search.following.saved import saved_searches
from services.search.places import Places
from services.search.tables import AuthorName, GroupSlug, SavedSearch

TOLD_WITHIN = timedelta(days=30)
"""Nobody is notified of what is older: it need not be looked for."""


class PublishMatch(OutboxTask):
    """Publish that a new item matches searches."""

    kind: ClassVar[str] = "search.match"
    event_id: str
    match: ItemMatched

    def key(self) -> str:
        return f"match/{self.event_id}"

    def subject(self) -> str:
        return self.match.subject()


class NotingWriter:
    """A writer that marks the topics of official categories, and remembers what it has indexed."""

    def __init__(self, session: Session, writer: Writer) -> None:
        self._session = session
        self._writer = writer
        self.documents: list[Document] = []

    def index(self, documents: Sequence[Document]) -> None:
        """See `Writer.index`."""
        ready = [official.marked(self._session, document) for document in documents]
        self.documents += ready
        self._writer.index(ready)

    def remove(self, keys: Sequence[Key]) -> None:
        """See `Writer.remove`."""
        self._writer.remove(keys)

    def set_author_name(self, author_id: str, name: str) -> None:
        """See `Writer.set_author_name`."""
        self._writer.set_author_name(author_id, name)


def match_new(session: Session, new: Sequence[tuple[Document, Recorded]], places: Places) -> None:
    """Enqueue what is to be published of new items, each with the event by which it became one. `places`: the places of
    a name."""
    searches = saved_searches(session, places)
    if not searches.searches:
        return
    least = clock.now() - TOLD_WITHIN
    tasks = []
    for document, recorded in new:
        if recorded.occurred_at < least or document.author_id is None:
            continue
        item = compared(document, *_names(session, document))
        found = searches.matching(document, item)
        if found:
            match = _match(document, found, recorded)
            tasks.append(PublishMatch(event_id=recorded.id, match=match))
    enqueue_all(session, tasks)


def publish(session: Session, task: PublishMatch, attempt: int) -> None:
    """Append the event of a task, unless an earlier attempt has."""
    told = select(event_log.c.seq).where(
        event_log.c.type == ItemMatched.type, event_log.c.subject == task.match.subject()
    )
    if attempt == 1 or session.execute(told.limit(1)).first() is None:
        append_event(session, task.match)


def search_changed(session: Session, event: SavedSearchChanged, recorded: Recorded) -> None:
    """Note that a search is followed, or is not any more."""
    session.execute(delete(SavedSearch).where(SavedSearch.id == event.search_id))
    if event.followed and event.query:
        row = {"id": event.search_id, "query": event.query, "seq": recorded.seq}
        insert_or_ignore(session, SavedSearch.__table__, [row])  # type: ignore[arg-type]


def group_changed(session: Session, event: GroupChanged, _recorded: Recorded) -> None:
    """Note by which slug searches name a group."""
    row = {"group_id": event.group.id, "slug": event.group.slug}
    session.execute(delete(GroupSlug).where(GroupSlug.group_id == event.group.id))
    insert_or_ignore(session, GroupSlug.__table__, [row])  # type: ignore[arg-type]


def _names(session: Session, document: Document) -> tuple[str | None, str | None]:
    """The folded name of an item's author, and the slug of its group."""
    author = session.scalar(select(AuthorName.folded).where(AuthorName.author_id == document.author_id))
    group = group_of(document.audience)
    slug = session.scalar(select(GroupSlug.slug).where(GroupSlug.group_id == group)) if group else None
    return author, slug


def _match(document: Document, searches: list[str], recorded: Recorded) -> ItemMatched:
    return ItemMatched(
        kind=document.key.kind,
        item_id=document.key.id,
        searches=searches,
        published_at=recorded.occurred_at,
        item_audience=document.audience,
        author_id=document.author_id or "",
        titles={text.language: text.title for text in document.texts},
        original_language=document.texts[0].language,
        path=document.path,
        tags=list(document.tags),
        category=document.category,
        topic_id=document.thread,
    )
