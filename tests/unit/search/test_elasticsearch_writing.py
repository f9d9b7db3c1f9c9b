"""What the index in Elasticsearch gets of events: once, whatever is repeated, out of order, or away meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from elasticsearch import Elasticsearch as Client
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from bus.outbox.tasks import Outage, PermanentFailure
from contracts.common import Recorded
from contracts.errors import Unavailable
from contracts.search import SearchQuery
from core import clock
from core.database import Database
from core.search_server import SearchServer
from services.search.elasticsearch import mapping, writing
from services.search.elasticsearch import store as index_store
from services.search.elasticsearch.connection import Connection
from services.search.elasticsearch.engine import ElasticsearchEngine, Refusal, drop, index_name, take_over
from services.search.elasticsearch.mapping import FIELDS, MAPPING
from services.search.elasticsearch.service import service_on
from services.search.elasticsearch.tables import ElasticsearchIndex
from services.search.elasticsearch.writing import put_off, send_pending
from services.search.engine import Document, Key
from services.search.ranking import MOST_COUNTED
from tests.unit.harness import store_of
from tests.unit.search.elasticsearch_index import connected
from tests.unit.search.engine_conformance import INSIDER, document

pytestmark = pytest.mark.servers
store = store_of("search")


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with connected() as connection:
        yield connection


class Index:
    """The index of a database, and what its service does."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.database = database
        self.connection = connection
        with database.writing() as session:
            index_store.begin_index(session)

    def engine(self, session: Session) -> ElasticsearchEngine:
        index = index_store.index_of(session)
        assert index is not None
        return ElasticsearchEngine(
            self.connection, index.name, lambda names: index_store.authors(session, names)
        )

    def handle(self, seq: int, *changes: Document | Key) -> None:
        """Handle an event that writes and removes these."""
        recorded = Recorded(
            producer="forum", seq=seq, id=f"{seq}", type="x", version=1, subject=f"x/{seq}", audience="public",
            occurred_at=clock.now(), data={},
        )  # fmt: skip
        with self.database.writing() as session, put_off(session) as at:
            for each in changes:
                if isinstance(each, Key):
                    at(recorded).remove([each])
                else:
                    at(recorded).index([each])

    def send(self) -> None:
        send_pending(self.database, self.engine)

    def found(self, q: str = "") -> list[str]:
        with self.database.reading() as session:
            return [hit.id for hit in self.engine(session).search(SearchQuery(q=q, limit=100), INSIDER).items]

    def documents(self) -> list[Document]:
        with self.database.reading() as session:
            engine = self.engine(session)
            engine.refresh()
            return list(engine.documents())

    def write(self, changes: Sequence[tuple[int, Document | Key]]) -> None:
        """Write to the index directly, in this order."""
        with self.database.reading() as session:
            engine = self.engine(session)
            for version, each in changes:
                if isinstance(each, Key):
                    assert engine.write({each: (version, None)}) == []
                else:
                    assert engine.write({each.key: (version, each)}) == []


@pytest.fixture
def index(database: Database, connection: Connection) -> Iterator[Index]:
    yield Index(database, connection)
    drop(connection)


def test_what_was_sent_can_be_found(index: Index) -> None:
    index.handle(1, document("a", "One"), document("b", "Two"))
    index.send()
    assert set(index.found()) == {"a", "b"}
    index.handle(2, document("a", "Other"), Key("topic", "b"))
    index.send()
    assert index.found("one") == []
    assert index.found() == ["a"]


def test_of_what_waits_the_newest_is_sent(index: Index) -> None:
    for seq in range(1, 6):
        index.handle(seq, document("a", f"Word{seq}"))
    with index.database.reading() as session:
        assert [each.version for each in index_store.pending(session, 9)] == [5]
        tasks = session.execute(select(outbox_task.c.kind)).scalars().all()
    assert tasks == ["search.index"] * 5
    index.send()
    assert index.found("word5") == ["a"]
    with index.database.reading() as session:
        assert index_store.pending_number(session) == 0


def test_the_order_and_the_number_of_deliveries_change_nothing(index: Index) -> None:
    history: list[tuple[int, Document | Key]] = [
        (1, document("a", "One")), (2, document("b", "Two")), (3, document("a", "Three", audience="members")),
        (4, Key("topic", "b")), (5, document("c", "Five")), (6, Key("topic", "c")), (7, document("c", "Seven")),
    ]  # fmt: skip
    index.handle(8, document("z", "Last"))
    index.send()
    expected = [document("a", "Three", audience="members"), document("c", "Seven"), document("z", "Last")]
    for seed in range(5):
        delivered = history * 2
        random.Random(seed).shuffle(delivered)
        index.write(delivered)
        assert index.documents() == expected, seed


def test_many_documents_are_sent_in_several_requests(index: Index) -> None:
    for start in range(0, 1200, 400):
        index.handle(start + 1, *(document(f"d{start + n:04}", "Word") for n in range(400)))
    index.send()
    with index.database.reading() as session:
        assert index.engine(session).search(SearchQuery(), INSIDER).total == 1200
        found = index.engine(session).search(SearchQuery(q="word"), INSIDER)
        assert (found.total, found.at_least) == (MOST_COUNTED, True)
        assert index_store.pending_number(session) == 0


def test_what_changes_while_it_is_sent_is_sent_again(index: Index) -> None:
    index.handle(1, document("a", "One"))
    with index.database.reading() as session:
        sent = index_store.pending(session, 9)
    index.handle(2, document("a", "Two"))
    with index.database.writing() as session:
        index_store.arrived(session, sent)
        assert [each.version for each in index_store.pending(session, 9)] == [2]


def test_what_the_index_refuses_is_told_once_and_stops_nothing(index: Index) -> None:
    index.handle(1, document("a", "x", category="c" * 40_000), document("b", "Two"))
    with pytest.raises(PermanentFailure, match="topic a"):
        index.send()
    assert index.found() == ["b"]
    index.handle(2, document("c", "Three"))
    index.send()
    assert set(index.found()) == {"b", "c"}
    index.handle(3, document("a", "Mended"))
    index.send()
    assert index.found("mended") == ["a"]


def test_a_lost_index_waits_for_a_rebuild_and_is_not_made_again(index: Index) -> None:
    index.handle(1, document("a", "One"))
    index.send()
    drop(index.connection)
    index.handle(2, document("b", "Two"))
    with pytest.raises(Outage, match="space rebuild search"):
        index.send()
    with pytest.raises(Unavailable):
        index.found()
    with index.database.reading() as session:
        assert [each.id for each in index_store.pending(session, 9)] == ["b"]


def test_without_elasticsearch_changes_wait_and_searches_are_refused(database: Database) -> None:
    away = Connection(SearchServer.parse("http://127.0.0.1:9"))
    index = Index(database, away)
    index.handle(1, document("a", "One"))
    for _ in range(9):  # the breaker opens meanwhile
        with pytest.raises(Unavailable):
            index.send()
        with pytest.raises(Unavailable):
            index.found()
    with database.reading() as session:
        assert index_store.pending_number(session) == 1
    away.close()


def test_an_index_of_an_earlier_release_is_given_the_fields_that_it_lacks(index: Index) -> None:
    fields = {name: field for name, field in MAPPING["properties"].items() if name != "point"}
    with index.database.writing() as session:
        row = index_store.index_of(session)
        assert row is not None
        name = index_name(index.connection, row.name)
        session.execute(update(ElasticsearchIndex).values(created=True, fields=1))
    index.connection.write(
        lambda client: client.indices.create(
            index=name, aliases={f"{name}-write": {}}, mappings={**MAPPING, "properties": fields}
        )
    )
    index.handle(1, document("a", "Walk", kind="event", point=(1.5, 2.5)))
    index.send()
    assert index.found("near:1.5,2.5 within:1km") == ["a"]
    with index.database.reading() as session:
        row = index_store.index_of(session)
        assert row is not None
        assert row.fields == FIELDS


def test_an_index_takes_the_place_of_older_ones(index: Index) -> None:
    for name in ("0", "1", "zzz"):
        ElasticsearchEngine(index.connection, name, lambda _names: {}).create()
    take_over(index.connection, "0")
    take_over(index.connection, "1")
    prefix = index.connection.prefix
    names = index.connection.read(lambda client: client.indices.get_alias(index=f"{prefix}*").body)
    assert {name: set(each["aliases"]) for name, each in names.items()} == {
        f"{prefix}-1": {prefix, f"{prefix}-1-write"},
        f"{prefix}-zzz": {f"{prefix}-zzz-write"},
    }


def test_a_refusal_names_the_item(index: Index) -> None:
    index.handle(1, document("a", "x"))
    index.send()
    with index.database.reading() as session:
        wrong = document("b", "x", category="c" * 40_000)
        (refusal,) = index.engine(session).write({wrong.key: (1, wrong)})
    assert isinstance(refusal, Refusal)
    assert refusal.key == wrong.key


def test_one_sends_for_all(database: Database) -> None:
    sender = writing.Sender()
    sent: list[int] = []

    def send() -> None:
        sent.append(len(sent))
        if len(sent) == 1:
            sender.run(send)  # another one wants to send meanwhile
        if len(sent) == 3:
            raise Unavailable

    sender.run(send)
    assert sent == [0, 1]
    with pytest.raises(Unavailable):
        sender.run(send)
    sender.run(send)
    assert len(sent) == 4


def test_the_service_renews_its_index_by_itself() -> None:
    """nameko knows an entry point by the function: one that overrides another has none of its own."""
    service = service_on(SearchServer.parse("https://search.example"))
    for name in ("renew_index", "look_after_index"):
        assert [type(each).__name__ for each in getattr(service, name).nameko_entrypoints] == ["Timer"]


def test_an_index_of_another_analysis_is_renewed(index: Index) -> None:
    documents = [
        document("a", "One", "lamps"),
        document("b", "Two", "lamps"),
        document("c", "Three", "lamps"),
    ]
    index.handle(1, *documents)
    index.send()
    index.handle(2, documents[2].key)
    index.send()
    with index.database.writing() as session:
        name = index_name(index.connection, session.execute(select(ElasticsearchIndex.name)).scalar_one())
        session.execute(update(ElasticsearchIndex).values(analysis="former"))
    for each in documents[:2]:
        source = {**mapping.source(each), "body": "en:former"}

        def write(client: Client, each: Document = each, source: dict[str, Any] = source) -> None:
            item_id = mapping.item_id(each.key)
            client.index(
                index=name, id=item_id, document=source, version=1, version_type="external_gte", refresh=True
            )

        index.connection.write(write)
    assert sorted(index.found("former")) == ["a", "b"]
    assert index.found("lamps") == []
    with index.database.reading() as session:
        assert index.engine(session).renew() == []
        index.engine(session).refresh()
    assert sorted(index.found("lamps")) == ["a", "b"]
    assert index.found("former") == []
    index.handle(3, document("a", "One", "newer"))
    index.send()
    assert index.found("newer") == ["a"]
