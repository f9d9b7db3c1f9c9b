"""The same worlds give the same answers on both engines; and what an index has after a rebuild equals the live one.

Only the order of hits by relevance may differ, since the two engines add scores differently (docs/services/search.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from contracts import forum
from contracts.common import Event, Recorded, TextVersion
from contracts.search import SearchQuery, SearchResult
from core.database import Database
from core.search_server import SearchServer
from core.settings import SettingsError
from services.search.elasticsearch import store
from services.search.elasticsearch.connection import Connection
from services.search.elasticsearch.service import ElasticsearchService, service_on
from services.search.elasticsearch.writing import put_off
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Engine, Key, Reader
from services.search.handlers import index_topic
from services.search.service import SearchService
from tests import servers
from tests.unit.harness import KINDS, NOON, migrate, new_database
from tests.unit.search.elasticsearch_index import WrittenIndex, connected, written_index
from tests.unit.search.engine_conformance import INSIDER, PUBLIC
from tests.unit.search.near_conformance import places
from tests.unit.search.worlds import QUERIES, documents

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with connected() as connection:
        yield connection


@pytest.fixture(scope="module")
def index(connection: Connection) -> Iterator[WrittenIndex]:
    with written_index(connection) as index:
        yield index


def _comparable(found: SearchResult) -> object:
    """An answer without what may differ: the order of hits, their scores, and what of it follows from it."""
    hits = sorted((hit.kind, hit.id, hit.language, hit.title, hit.snippet) for hit in found.items)
    return hits, found.model_dump(exclude={"items", "next"})


def _answers(engine: Engine, reader: Reader, queries: Sequence[str]) -> list[object]:
    found: list[object] = []
    for q in queries:
        found.append(_comparable(engine.search(SearchQuery(q=q, limit=100), reader)))
        found.append(engine.search(SearchQuery(q=q, once=True), reader).total)
        by_time = engine.search(SearchQuery(q=q, sort="newest", limit=100), reader)
        found.append([(hit.kind, hit.id) for hit in by_time.items])
    for prefix in ("", "ma", "市"):
        found.append(sorted(line.model_dump_json() for line in engine.suggest(prefix, 50, reader)))
        found.append(engine.tags(prefix, 50, reader))
    return found


@pytest.mark.slow
# Without shrinking, which would take an hour.
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    world=st.lists(st.lists(documents, max_size=4, unique_by=lambda each: each.key), max_size=5),
    data=st.data(),
)
def test_both_engines_give_the_same_answers(
    database: Database, index: WrittenIndex, world: list[list[Document]], data: st.DataObject
) -> None:
    asked = data.draw(st.lists(st.sampled_from(QUERIES), min_size=5, max_size=5, unique=True))
    keys = list({each.key for batch in world for each in batch})
    gone = data.draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []
    with database.writing() as session:
        embedded = EmbeddedEngine(session, places)
        for engine in (embedded, index):
            _play(engine, world, gone)
        assert list(index.documents()) == sorted(
            embedded.documents(), key=lambda each: (each.key.kind, each.key.id)
        )
        for reader in (PUBLIC, INSIDER):
            expected = _answers(embedded, reader, asked)
            for found, wanted in zip(_answers(index, reader, asked), expected, strict=True):
                assert found == wanted, asked


def _play(engine: Engine, world: list[list[Document]], gone: Sequence[Key]) -> None:
    engine.remove([each.key for each in engine.documents()])
    for batch in world:
        engine.index(batch)
    engine.remove(gone)
    engine.set_author_name("p1", "Amira")
    engine.set_author_name("p2", "Ben")


def _topic(seq: int, title: str, **fields: object) -> Recorded:
    state = forum.TopicState.model_validate(
        {
            "id": f"t{seq % 7}", "slug": "x", "audience": "public", "category": None, "tags": [], "author_id": "p",
            "original_language": "en", "versions": [TextVersion(language="en", title=title, body="words")],
            "created_at": NOON, "first_post_id": "f", **fields,
        }
    )  # fmt: skip
    event: Event = forum.TopicChanged(topic=state, by_id="p")
    if seq % 5 == 0:
        event = forum.TopicDeleted(topic=state, by_id="p", reason="spam")
    return Recorded(
        producer="forum", seq=seq, id=f"{seq:016}", type=event.type, version=event.version, subject=event.subject(),
        audience="public", occurred_at=NOON, data=event.model_dump(mode="json"),
    )  # fmt: skip


class Live:
    """A search service on Elasticsearch, and the log that it reads."""

    def __init__(self, database: Database, service: type[ElasticsearchService]) -> None:
        self.database = database
        self.service = service
        self.log: list[Recorded] = []

    def fetch(self, seq: int, limit: int) -> list[Recorded]:
        return [event for event in self.log if event.seq > seq][:limit]

    def handle(self, database: Database, service: type[SearchService] | None = None) -> None:
        for subscription in subscriptions_of(service or self.service, database):
            subscription.pull(self.fetch if subscription.producer == "forum" else lambda _seq, _limit: [])

    def documents(self) -> list[Document]:
        with self.database.reading() as session:
            engine = self.service.engine_of(session)
            engine.refresh()
            return list(engine.documents())

    def name(self) -> str:
        with self.database.reading() as session:
            index = store.index_of(session)
        assert index is not None
        return index.name

    def rebuild(self, before_switch: int = 0) -> None:
        """Rebuild; so many events come while it goes on."""

        def fetch(seq: int, limit: int) -> list[Recorded]:
            for _ in range(before_switch if seq == 0 else 0):
                self.log.append(_topic(len(self.log) + 1, "Later"))
            return self.fetch(seq, limit)

        def prepare(database: Database) -> None:
            migrate(database, "search")
            self.service.prepare(database)

        others = dict.fromkeys(("people", "blog", "events", "notify"), lambda _seq, _limit: list[Recorded]())
        Rebuild(
            self.database,
            lambda database: subscriptions_of(self.service, database),
            prepare,
            {"forum": fetch, **others},
            lambda _events: None,
            self.service.flush,
        ).whole()


@pytest.fixture(params=KINDS)
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    with connected() as connection, new_database(request.param, tmp_path) as database:
        server = SearchServer.parse(f"{servers.search_url()}/{connection.prefix}")
        service = service_on(server)
        migrate(database, "search")
        service.prepare(database)
        try:
            yield Live(database, service)
        finally:
            service.connection().close()


def test_an_index_rebuilt_equals_the_live_one_and_takes_its_place(live: Live) -> None:
    live.log = [_topic(seq, f"Title {seq}") for seq in range(1, 40)]
    live.handle(live.database)
    live.service.flush(live.database)
    before, name = live.documents(), live.name()
    assert before
    live.rebuild()
    assert live.name() != name
    assert live.documents() == before


def test_events_that_come_during_a_rebuild_are_in_the_new_index_too(live: Live) -> None:
    live.log = [_topic(seq, f"Title {seq}") for seq in range(1, 20)]
    live.handle(live.database)
    live.rebuild(before_switch=5)
    live.handle(live.database)
    live.service.flush(live.database)
    rebuilt = live.documents()
    assert sum(each.texts[0].title == "Later" for each in rebuilt) > 2
    live.rebuild()
    assert live.documents() == rebuilt


def test_events_handled_twice_change_nothing(live: Live) -> None:
    live.log = [_topic(seq, f"Title {seq}") for seq in range(1, 20)]
    live.handle(live.database)
    live.service.flush(live.database)
    before = live.documents()
    with live.database.writing() as session, put_off(session) as at:
        for event in [*live.log[5:], *live.log[:9]]:
            topic = forum.TopicState.model_validate(event.data["topic"])
            if event.type == forum.TopicDeleted.type:
                at(event).remove([Key("topic", topic.id)])
            else:
                index_topic(at(event), topic)
    live.service.flush(live.database)
    assert live.documents() == before


def test_an_index_changes_over_by_a_rebuild_alone(live: Live, tmp_path: Path) -> None:
    live.log = [_topic(1, "Title")]
    live.handle(live.database)
    with pytest.raises(SettingsError, match=r"space rebuild search|needs SQLite"):
        SearchService.prepare(live.database)
    embedded = Database(f"sqlite:///{tmp_path}/embedded.sqlite")
    migrate(embedded, "search")
    live.handle(embedded, SearchService)
    SearchService.prepare(embedded)
    with pytest.raises(SettingsError, match="space rebuild search"):
        live.service.prepare(embedded)
    embedded.close()


def test_the_embedded_index_is_refused_where_its_database_is_not_sqlite() -> None:
    database = Database("postgresql+psycopg2://nobody@localhost:1/nothing")
    with pytest.raises(SettingsError, match="SPACE_SEARCH_DATABASE_URL"):
        SearchService.prepare(database)
