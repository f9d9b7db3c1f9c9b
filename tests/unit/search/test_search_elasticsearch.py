"""The engine on Elasticsearch passes the conformance suite, and answers the judged queries, on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.search_quality import fill, judge
from services.search.elasticsearch.connection import Connection
from services.search.engine import Engine
from tests.unit.search.asking_conformance import AskingConformance
from tests.unit.search.elasticsearch_index import connected, written_index
from tests.unit.search.engine_conformance import EngineConformance
from tests.unit.search.near_conformance import NearConformance

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with connected() as connection:
        yield connection


@pytest.fixture
def engine(connection: Connection) -> Iterator[Engine]:
    with written_index(connection) as index:
        yield index


class TestElasticsearch(EngineConformance, AskingConformance, NearConformance):
    """The conformance suite on Elasticsearch."""


@pytest.mark.slow
@pytest.mark.timeout(900)  # some two thousand requests, four minutes on a busy machine
def test_judged_queries_find_what_answers_them(engine: Engine) -> None:
    """The bounds are the last measured figures, rounded down: they may only rise."""
    fill(engine)
    quality = judge(engine)
    assert quality.success >= 0.99, quality.missed
    assert quality.ndcg >= 0.99
