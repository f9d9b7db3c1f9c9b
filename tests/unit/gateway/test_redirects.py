"""An address that leads to a page's canonical one keeps what its query asked for."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.forum import PostPlace, PostView
from tests.unit.gateway.fakes import TOPIC, FakeServices, article
from tests.unit.gateway.page_samples import EVENT, POST, event, topic

TALK = f"/talk/t/{TOPIC}/where-to-begin"
WALK = f"/events/{EVENT}/bird-walk"


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    place = PostPlace(topic_id=TOPIC, topic_slug="where-to-begin", post_id=POST, number=61)
    fakes.forum.answers.update(topic=topic(), post_place=place, posts=Page[PostView](items=[]), categories=[])
    fakes.events.answers["event"] = event()
    fakes.blog.answers["article"] = article()
    fakes.search.answers["suggest"] = []
    return fakes


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (f"/talk/t/{TOPIC}?uselang=ar", f"{TALK}?uselang=ar"),
        (f"/talk/t/{TOPIC}/old?uselang=ar&page=2", f"{TALK}?uselang=ar&page=2"),
        (f"/talk/p/{POST}?uselang=ar&page=9", f"{TALK}?page=3&uselang=ar#p{POST}"),
        (f"/events/{EVENT}?uselang=ar&date=20310102", f"{WALK}?uselang=ar&date=20310102"),
        (f"/events/{EVENT}/old?uselang=ar", f"{WALK}?uselang=ar"),
        ("/news/old?uselang=ar", f"/news/{article().slug}?uselang=ar"),
        ("/tags/Photo walks?uselang=ar&after=%C3%A4", "/tags/photo-walks?uselang=ar&after=%C3%A4"),
        ("/feeds/tags/Photo walks.rss?uselang=ar", "/feeds/tags/photo-walks.rss?uselang=ar"),
        ("/wiki/Tag:Photo_walks?uselang=ar&title=x", "/tags/photo-walks?uselang=ar"),
        ("/wiki/Events?uselang=ar", "/events?uselang=ar"),
        ("/wiki/Special:Search?search=maps&uselang=ar", "/search?q=maps&uselang=ar"),
        ("/wiki/?uselang=ar", "/?uselang=ar"),
    ],
)
def test_a_redirect_to_the_canonical_address_keeps_the_query(
    stranger: FlaskClient, path: str, location: str
) -> None:
    answer = stranger.get(path)
    assert answer.status_code in (301, 302, 303, 308)
    assert answer.headers["Location"] == location
