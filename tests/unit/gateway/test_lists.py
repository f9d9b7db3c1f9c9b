"""What the pages that list something have alike."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from contracts.errors import Unavailable
from contracts.search import SearchResult
from tests.unit.gateway.fakes import FakeServices
from tests.unit.gateway.page_samples import HELP


@pytest.mark.parametrize(
    ("path", "service", "call", "wanted"),
    [
        (
            "/events?tag=birds&country=eg&spoken=ar&format=onsite&after=abc",
            "events",
            "events",
            {"tag": "birds", "country": "EG", "spoken": "ar", "format": "onsite", "after": "abc"},
        ),
        (
            "/talk/c/help?tag=birds&language=ar&sort=new&after=abc",
            "forum",
            "topics",
            {"category": "help", "tag": "birds", "language": "ar", "sort": "new", "after": "abc"},
        ),
    ],
)
def test_filters_reach_the_service(
    fakes: FakeServices, stranger: FlaskClient, path: str, service: str, call: str, wanted: dict[str, str]
) -> None:
    fakes.forum.answers["categories"] = [HELP]
    stranger.get(path)
    (_, query) = getattr(fakes, service).called(call)[0]
    assert {name: getattr(query, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    "path",
    [
        "/events?format=dream",
        "/talk?sort=loudest",
    ],
)
def test_what_can_not_be_asked_is_refused(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).status_code == 422


@pytest.mark.parametrize(
    "path", ["/search?q=a&kind=dream", "/search?q=a&sort=loudest", f"/search?q={'x' * 301}"]
)
def test_a_search_is_answered_however_it_is_asked(
    fakes: FakeServices, stranger: FlaskClient, path: str
) -> None:
    fakes.search.answers["search"] = SearchResult(items=[], total=0)
    assert stranger.get(path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    ("path", "service", "call", "says"),
    [
        ("/events", "events", "events", "be reached"),
        ("/search?q=begin", "search", "search", "Search can’t be reached"),
    ],
)
def test_a_list_without_its_service_says_so(
    fakes: FakeServices, stranger: FlaskClient, path: str, service: str, call: str, says: str
) -> None:
    getattr(fakes, service).answers[call] = Unavailable()
    page = stranger.get(path)
    assert page.status_code == 200
    assert says in page.text
