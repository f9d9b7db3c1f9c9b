"""The cursor of a search tells nothing, and is good for the search alone that it came from."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from flask.testing import FlaskClient

from contracts.search import SearchQuery, SearchResult
from tests.unit.gateway.fakes import FakeServices

CURSOR = "3.14159_1700000000000000_topic_0123456789abcdef"


@pytest.fixture
def asked(fakes: FakeServices) -> list[SearchQuery]:
    queries: list[SearchQuery] = []

    def answer(_viewer: object, query: SearchQuery) -> SearchResult:
        queries.append(query)
        return SearchResult(items=[], next=CURSOR, total=40)

    fakes.search.answers["search"] = answer
    return queries


def cursor_of(stranger: FlaskClient, query: str) -> str:
    found = stranger.get(f"/api/v1/search?{query}").json
    assert found is not None
    return str(found["next"])


def test_it_is_sealed_and_leads_on(stranger: FlaskClient, asked: list[SearchQuery]) -> None:
    sealed = cursor_of(stranger, "q=maps")
    content = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    assert not any(part in content for part in (b"3.14", b"topic", b"_0123", b"cdef"))
    assert sealed == cursor_of(stranger, "q=maps")
    assert stranger.get(f"/api/v1/search?q=maps&limit=5&cursor={sealed}").status_code == 200
    assert [query.after for query in asked] == [None, None, CURSOR]
    # The page shows the best post of a topic alone, which is another search unless it is asked for.
    assert stranger.get(f"/search?q=maps&after={sealed}").status_code == 422
    once = cursor_of(stranger, "q=maps&once=true")
    assert stranger.get(f"/search?q=maps&after={once}").status_code == 200
    assert [query.after for query in asked[3:]] == [None, CURSOR]


@pytest.mark.parametrize(
    "other", ["q=map", "q=maps&kind=topic", "q=maps&sort=newest", "q=maps&lang=de", "q=maps&tag=x"]
)
def test_another_search_refuses_it(stranger: FlaskClient, asked: list[SearchQuery], other: str) -> None:
    sealed = cursor_of(stranger, "q=maps")
    refused = stranger.get(f"/api/v1/search?{other}&cursor={sealed}")
    assert refused.status_code == 422
    assert refused.json is not None
    assert [fault["code"] for fault in refused.json["errors"]] == ["cursor-shape"]
    assert len(asked) == 1


@pytest.mark.parametrize("made_up", [CURSOR, "x", "A" * 108, "é", "%00", "=" * 8])
def test_one_that_was_made_up_is_refused(
    stranger: FlaskClient, asked: list[SearchQuery], made_up: str
) -> None:
    assert stranger.get("/api/v1/search", query_string={"q": "maps", "cursor": made_up}).status_code == 422
    assert stranger.get("/search", query_string={"q": "maps", "after": made_up}).status_code in (400, 422)
    assert not asked
