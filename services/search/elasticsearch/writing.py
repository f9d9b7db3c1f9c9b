"""How events reach the index in Elasticsearch.

A handler notes, in the transaction that moves its subscription's offset, what the index has to get (`pending_document`)
and enqueues a task that sends it. The version of a document is the `seq` of its event, and the index keeps the newest
one: so it does not matter how often and in which order documents are sent. While Elasticsearch is away they wait.

A rebuild has a database of its own, and so an index of its own that nobody reads yet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from bus.outbox.tasks import Outage, OutboxTask, PermanentFailure, enqueue
from contracts.common import Recorded
from core.database import Database
from services.search.elasticsearch import store
from services.search.elasticsearch.engine import Change, ElasticsearchEngine, IndexLost
from services.search.elasticsearch.mapping import FIELDS
from services.search.engine import Document, Key, Writer

BATCH = 500
"""The most documents of one request."""

Engines = Callable[[Session], ElasticsearchEngine]
"""The engine on the index of a session's database."""

_DOCUMENTS: TypeAdapter[Document] = TypeAdapter(Document)


class SendDocuments(OutboxTask):
    """Send to Elasticsearch whatever it has yet to get. One is enqueued for each batch of events."""

    kind: ClassVar[str] = "search.index"
    event_id: str

    def key(self) -> str:
        return f"index/{self.event_id}"

    def subject(self) -> str:
        # None waits for another: the versions put documents in order.
        return f"event/{self.event_id}"


class Sender:
    """Lets one greenlet of the process send at a time, whatever all of them want to be sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sending = False
        self._again = False

    def run(self, send: Callable[[], None]) -> None:
        """Send everything; if somebody is sending already, they start over, and this returns at once.

        If they fail, they are who is told, and it is they who try again.
        """
        with self._lock:
            self._again = True
            if self._sending:
                return
            self._sending = True
        try:
            while self._wanted():
                send()
        except BaseException:
            with self._lock:
                self._sending = False
            raise

    def _wanted(self) -> bool:
        with self._lock:
            wanted, self._again = self._again, False
            self._sending = wanted
            return wanted


class Collector:
    """Collects what handlers write: of each item the newest version."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._version = 0
        self.last: Recorded | None = None
        self.changes: dict[Key, Change] = {}

    def at(self, recorded: Recorded) -> Writer:
        """What the handler of this event writes to."""
        self._version = recorded.seq
        self.last = recorded
        return self

    def index(self, documents: Sequence[Document]) -> None:
        """See `Writer.index`."""
        self.changes |= {document.key: (self._version, document) for document in documents}

    def remove(self, keys: Sequence[Key]) -> None:
        """See `Writer.remove`."""
        self.changes |= dict.fromkeys(keys, (self._version, None))

    def set_author_name(self, author_id: str, name: str) -> None:
        """See `Writer.set_author_name`."""
        store.set_author_name(self._session, author_id, name)


@contextmanager
def put_off(session: Session) -> Iterator[Callable[[Recorded], Writer]]:
    """For each event what its handler writes to; it is sent after the commit."""
    collected = Collector(session)
    yield collected.at
    if collected.last is None or not collected.changes:
        return
    store.put_off(
        session,
        {
            key: (version, None if document is None else _DOCUMENTS.dump_python(document, mode="json"))
            for key, (version, document) in collected.changes.items()
        },
    )
    enqueue(session, SendDocuments(event_id=collected.last.id))


def send_pending(database: Database, engine: Engines) -> None:
    """Send whatever Elasticsearch has yet to get, and return once it can be found.

    Raises `Outage` if the index is lost, `Unavailable` if it can't be reached, and `PermanentFailure` for documents
    that it will never take; these are left out from then on.
    """
    ensure_created(database, engine)
    refused: list[str] = []
    while _send_batch(database, engine, refused):
        pass
    if refused:
        raise PermanentFailure(f"the index refuses {len(refused)} document(s), such as {refused[0]}")


def ensure_created(database: Database, engine: Engines) -> None:
    """Create the index of the database, if it never was; give one of an earlier release the fields that it lacks.
    Raises `Unavailable`."""
    with database.reading() as session:
        index = store.index_of(session)
    if index is not None and not index.created:
        with database.writing() as session:
            engine(session).create()
            store.note_created(session)
    elif index is not None and index.fields != FIELDS:
        with database.writing() as session:
            engine(session).add_fields()
            store.note_fields(session)


def _send_batch(database: Database, engine: Engines, refused: list[str]) -> bool:
    """Send the first documents; returns whether there are more. Adds those that the index refuses to `refused`."""
    with database.reading() as session:
        documents = store.pending(session, BATCH)
        target = engine(session)
    if not documents:
        return False
    changes: dict[Key, Change] = {}
    for each in documents:
        document = None if each.document is None else _DOCUMENTS.validate_python(each.document)
        changes[each.key] = (each.version, document)
    last = len(documents) < BATCH
    try:
        reasons = {each.key: each.reason for each in target.write(changes, wait=last)}
    except IndexLost as error:
        raise Outage(str(error)) from error
    with database.writing() as session:
        store.arrived(session, [each for each in documents if each.key not in reasons])
        for each in documents:
            reason = reasons.get(each.key)
            if reason is not None:
                store.refused(session, each, reason)
                refused.append(f"{each.kind} {each.id}: {reason}")
    return not last
