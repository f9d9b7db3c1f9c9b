"""The engine on Elasticsearch passes the conformance suite, on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.search.elasticsearch.connection import Connection
from services.search.engine import Engine
from tests.unit.search.asking_conformance import AskingConformance
from tests.unit.search.elasticsearch_index import connected, written_index
from tests.unit.search.engine_conformance import EngineConformance

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with connected() as connection:
        yield connection


@pytest.fixture
def engine(connection: Connection) -> Iterator[Engine]:
    with written_index(connection) as index:
        yield index


class TestElasticsearch(EngineConformance, AskingConformance):
    """The conformance suite on Elasticsearch."""
