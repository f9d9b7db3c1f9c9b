"""Strangers' pages are kept in front of Flask, and are right all the same."""

from __future__ import annotations

import gzip
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.ops.metrics import REGISTRY
from contracts.blog import ArticleLine, CategoryView
from contracts.common import Page as Listed
from contracts.deletion import Deletion
from contracts.errors import NotFound, Unavailable
from contracts.search import SearchResult, TagLine
from core import clock
from gateway.app import create_app
from gateway.cache.keys import PARAMETERS
from gateway.cache.log_ends import LogEnds
from gateway.cache.middleware import PageCache
from gateway.cache.pages import Page, Pages
from services.forum import actions as forum_actions
from tests.unit.gateway.cached import NOON, Cached, recorded
from tests.unit.gateway.fakes import CARDS, MEMBER, TOKEN, FakeServices
from tests.unit.gateway.harness import ROOT as OPERATOR
from tests.unit.gateway.harness import SystemHarness

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def sample_value(name: str, **labels: str) -> float:
    """What a metric of this process says."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_page_is_made_once(cached: Cached) -> None:
    first, second = (cached.client().get("/news") for _ in range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert dict(first.headers) == dict(second.headers)
    assert cached.made() == 1


@pytest.mark.parametrize("service", ["blog", "people"])
def test_an_event_of_a_service_that_it_used_ends_it(cached: Cached, service: str) -> None:
    listed = Listed[ArticleLine](items=[], next=None)
    cached.fakes.blog.answers["articles"] = lambda *_: (
        (cached.fakes.people.cards(None, []) and listed) or listed
    )
    client = cached.client()
    client.get("/news")
    cached.ends["forum"] += 1
    cached.app.extensions["space.page_cache"].ends.doubt()
    client.get("/news")
    assert cached.made() == 1, "the forum has nothing to do with it"
    cached.ends["blog"] += 1
    cached.app.extensions["space.page_cache"].ends.doubt()
    client.get("/news")
    assert cached.made() == 2


def test_what_search_found_is_kept_until_its_index_changes(cached: Cached) -> None:
    search, client = cached.fakes.search, cached.client()
    ends: LogEnds = cached.app.extensions["space.page_cache"].ends
    search.answers["tags"] = [TagLine(tag="maps", items=2)]
    with clock.at(NOON):
        for _ in range(3):  # at the first time the version of the index was not known before
            assert "maps" in client.get("/tags").text
        assert len(search.called("tags")) == 2
        search.answers.update(tags=[TagLine(tag="glam", items=2)], index_version=2)
        ends.doubt("search")
        assert "glam" in client.get("/tags").text
    search.answers["tags"] = []
    with clock.at(NOON + timedelta(minutes=1)):  # an event that failed is indexed later
        assert "glam" not in client.get("/tags").text


def test_searches_that_differ_in_any_filter_are_different_pages(cached: Cached) -> None:
    search, client = cached.fakes.search, cached.client()
    search.answers["search"] = SearchResult(items=[], total=0)
    cached.fakes.people.answers["cards_by_name"] = CARDS[:1]
    for service in (cached.fakes.blog, cached.fakes.forum):
        service.answers["category_now"] = NotFound()
    filters = (
        "",
        "+kind:topic",
        "+lang:de",
        "+tag:maps",
        "+author:Amina",
        "+category:general",
        "&sort=newest",
    )
    for _ in range(3):
        for each in filters:
            assert client.get(f"/search?q=wiki{each}&ref=elsewhere").status_code == 200
    queries = {query.model_dump_json() for _, query in search.called("search")}
    assert len(queries) == len(filters)
    assert len(search.called("search")) <= 2 * len(filters)


def test_a_page_that_an_event_overtook_is_not_used(cached: Cached) -> None:
    def articles(*_: Any) -> Listed[ArticleLine]:
        cached.ends["blog"] += 1  # somebody publishes while the page is made
        return Listed[ArticleLine](items=[])

    cached.fakes.blog.answers["articles"] = articles
    client = cached.client()
    client.get("/news")
    cached.app.extensions["space.page_cache"].ends.doubt()
    client.get("/news")
    assert cached.made() == 2


def test_a_page_that_an_event_overtook_is_not_kept(cached: Cached) -> None:
    def articles(*_: Any) -> Listed[ArticleLine]:
        cached.listener.publish(recorded("blog", 2))
        return Listed[ArticleLine](items=[])

    cached.fakes.blog.answers["articles"] = articles
    cached.client().get("/news")
    assert len(cached.app.extensions["space.page_cache"].pages) == 0
    cached.fakes.blog.answers["articles"] = Listed[ArticleLine](items=[])
    cached.ends["blog"] = 2
    cached.client().get("/news")
    assert len(cached.app.extensions["space.page_cache"].pages) == 1


def test_whoever_writes_sees_it_with_the_next_page(cached: Cached) -> None:
    client = cached.client()
    client.get("/news")
    cached.ends["blog"] += 1
    client.get("/news")
    assert cached.made() == 1, "nobody has told the gateway yet"
    refused = client.post("/api/v1/notifications/read", json={})
    client.get("/news")
    assert (refused.status_code, cached.made()) == (401, 1), "who was refused has written nothing"
    cached.fakes.people.answers["viewer_of_token"] = lambda _, token: MEMBER
    cached.fakes.forum.answers["delete_post_for_reason"] = None
    cached.fakes.blog.answers["delete_article"] = Deletion(reason="author", at=NOON)

    def delete(path: str) -> int:
        sent = cached.client().delete(f"/api/v1/{path}", headers={"Authorization": f"Bearer {TOKEN}"})
        return sent.status_code

    elsewhere = delete("posts/post1")
    client.get("/news")
    assert (elsewhere, cached.made()) == (204, 1), "the forum has nothing to do with it"
    written = delete("articles/article1")
    client.get("/news")
    assert (written, cached.made()) == (200, 2)


def test_now_and_then_a_kept_page_is_made_again_and_compared(cached: Cached) -> None:
    pages = cached.app.extensions["space.page_cache"]
    pages.sample_every, pages.seconds_between_samples = 2, 0
    client = cached.client()
    client.get("/news")
    before = {
        result: sample_value("space_page_samples_total", result=result) for result in ("same", "different")
    }
    client.get("/news")
    client.get("/news")
    assert cached.made() == 2
    assert sample_value("space_page_samples_total", result="same") == before["same"] + 1
    # It must not be, and here it is: the service's answer has changed, and no event tells of it.
    cached.fakes.blog.answers["categories"] = [
        CategoryView(slug="maps", name="Maps", about="Places", language="en")
    ]
    client.get("/news")
    assert "Maps" not in client.get("/news").text
    assert sample_value("space_page_samples_total", result="different") == before["different"] + 1
    assert "Maps" in client.get("/news").text


def test_nothing_personal_is_kept_or_shown(cached: Cached) -> None:
    member = cached.client()
    member.set_cookie("space_session", TOKEN)
    for _ in range(2):
        assert "Amina" in member.get("/news").text
    assert cached.made() == 1, "what is one's own fills a hole"
    assert "Amina" not in cached.client().get("/news").text
    assert cached.made() == 2
    with_token = {"Authorization": "Bearer space_x"}
    cached.fakes.people.answers["viewer_of_token"] = None
    assert cached.client().get("/api/v1/articles", headers=with_token).status_code == 401
    notice = cached.client()
    notice.set_cookie("space_notices", "x")
    notice.get("/news")
    assert cached.made() == 3


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"Accept-Language": "de"}},
        {"query_string": {"uselang": "ar"}},
        {"query_string": {"tag": "stories"}},
        {"headers": {"Cookie": "space_language=ja"}},
        {"headers": {"Cookie": "space_theme=dark"}},
        {"base_url": "http://127.0.0.1"},
    ],
)
def test_what_makes_another_page_has_one_of_its_own(cached: Cached, other: dict[str, Any]) -> None:
    client = cached.app.test_client(use_cookies=False)
    client.get("/news")
    first, second = (client.get("/news", **other) for _ in range(2))
    assert first.data == second.data
    assert cached.made() == 2


def test_a_cookie_of_a_language_that_there_is_not_makes_no_other_page(cached: Cached) -> None:
    client = cached.app.test_client(use_cookies=False)
    first, second = (
        client.get("/news", headers=headers) for headers in ({}, {"Cookie": "space_language=zz-nonsense"})
    )
    assert (first.data, cached.made()) == (second.data, 1)


def test_the_order_of_parameters_makes_no_other_page(cached: Cached) -> None:
    cached.client().get("/news?lang=de&tag=maps")
    cached.client().get("/news?tag=maps&lang=de")
    assert cached.made() == 1


def test_the_order_of_a_parameters_values_does(cached: Cached) -> None:
    cached.client().get("/news?tag=maps&tag=birds")
    cached.client().get("/news?tag=birds&tag=maps")
    assert cached.made() == 2


def test_what_pages_do_not_read_of_a_query_makes_no_other_page(cached: Cached) -> None:
    client = cached.client()
    for query in ("", "?utm_source=mail", "?fbclid=1&utm_source=list", "?%00=1", "?="):
        assert "utm_source" not in client.get(f"/news{query}").text
    assert (cached.made(), len(cached.app.extensions["space.page_cache"].pages)) == (1, 1)


def test_what_pages_read_of_a_query_is_known() -> None:
    read = re.compile(r"""(?:\bargs|\bform)\.(?:get|optional|text|getlist)\(\s*["'](\w+)["']""")
    sources = [ROOT / "gateway/events/queries.py"]
    for area in ("blog", "forum", "events", "people", "site"):
        sources += [
            ROOT / "gateway" / area / name for name in ("pages.py", "groups.py", "home.py", "about.py")
        ]
    sources += [ROOT / "gateway/search/tags.py", ROOT / "gateway/events/map.py"]
    found = {name for each in sources if each.exists() for name in read.findall(each.read_text())}
    templates = (ROOT / "gateway/templates").rglob("*.html")
    found |= {
        name for each in templates for name in re.findall(r"request\.args\.get\('(\w+)'", each.read_text())
    }
    of_forms = {
        "about",
        "attending",
        "body",
        "do",
        "kind",
        "name",
        "occurrence",
        "reason",
        "slug",
        "words",
    }  # they are posted
    assert {"category", "quote", "languages"} <= found
    assert found - of_forms <= PARAMETERS


def test_a_page_for_another_host_is_refused(cached: Cached) -> None:
    cached.client().get("/news")
    assert cached.client().get("/news", headers={"Host": "evil.example"}).status_code == 421


def test_it_goes_out_as_the_client_wants_it(cached: Cached) -> None:
    client = cached.client()
    plain = client.get("/news")
    packed = client.get("/news", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    unchanged = client.get(
        "/news", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    )
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert unchanged.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]
    head = client.head("/news")
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(plain.data))
    assert cached.made() == 1


def test_a_page_that_shows_no_moment_stays_until_midnight(cached: Cached) -> None:
    client = cached.client()
    client.get("/news")
    with clock.at(NOON.replace(hour=23, minute=59)):
        client.get("/news")
    assert cached.made() == 1
    with clock.at(NOON.replace(hour=0, minute=0) + timedelta(days=1)):
        client.get("/news")
    assert cached.made() == 2


def test_while_a_service_is_away_the_page_of_before_serves(cached: Cached) -> None:
    client = cached.client()
    before = client.get("/news")
    cached.fakes.blog.answers |= {
        "articles": Unavailable("service-away"), "categories": Unavailable("service-away"),
        "log_end": Unavailable("service-away"),
    }  # fmt: skip
    ends = cached.app.extensions["space.page_cache"].ends
    ends.doubt()
    with clock.at(NOON + timedelta(minutes=3)):
        assert client.get("/news").data == before.data
        assert client.get("/news?tag=x").data != before.data
    ends.doubt()
    with clock.at(NOON + timedelta(minutes=30)):
        assert client.get("/news").data != before.data


def test_a_page_without_a_part_is_not_kept(cached: Cached) -> None:
    cached.fakes.blog.answers["articles"] = Unavailable("service-away")
    client = cached.client()
    for _ in range(2):
        client.get("/news")
    assert cached.made() == 2


def test_what_says_no_or_sets_a_cookie_is_not_kept(cached: Cached) -> None:
    client = cached.client()
    assert client.get("/news/submit").status_code in (200, 401)
    first, second = (cached.client().get("/groups/new") for _ in range(2))
    assert first.headers["Set-Cookie"] != second.headers["Set-Cookie"]
    assert len(cached.app.extensions["space.page_cache"].pages) == 0


def test_a_burst_makes_it_once(cached: Cached) -> None:
    asking, going = threading.Semaphore(0), threading.Event()

    def articles(*_: Any) -> Listed[ArticleLine]:
        asking.release()
        going.wait(60)
        return Listed[ArticleLine](items=[])

    cached.fakes.blog.answers["articles"] = articles
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(_at_noon, cached) for _ in range(8)]
        asking.acquire(timeout=60)
        going.set()
        assert len({answer.result(60) for answer in answers}) == 1
    assert cached.made() == 1


def _at_noon(cached: Cached) -> bytes:
    with clock.at(NOON):  # the time of a test is that of its thread
        return bytes(cached.client().get("/news").data)


def test_a_walk_over_all_pages_leaves_those_that_are_read() -> None:
    pages: Pages[str] = Pages(100_000)
    read = [f"read {number}" for number in range(5)]
    for key in read:
        pages.put(key, page())
        pages.get(key)
    for number in range(1_000):
        pages.put(f"walk {number}", page())
    assert all(pages.get(key) for key in read)
    assert pages.bytes <= 100_000
    assert pages.bytes == sum(each.size for each in (*pages._new.values(), *pages._again.values()))


def test_pages_that_are_read_no_more_go_first() -> None:
    pages: Pages[int] = Pages(100_000)
    for number in range(100):
        pages.put(number, page())
        pages.get(number)
    assert pages.bytes <= 100_000
    assert pages.get(99) is not None
    assert pages.get(0) is None
    pages.put(1_000, page(20_000))
    assert pages.get(1_000) is None, "one page alone takes no tenth of the space"


def page(size: int = 1_000) -> Page:
    return Page("200 OK", [], b"x" * size, "text/plain")


def test_the_ends_of_logs_only_grow(fakes: FakeServices) -> None:
    for name in ("people", "blog", "forum", "events"):
        getattr(fakes, name).answers["log_end"] = 7
    ends = LogEnds(fakes.services)
    assert ends.prove(["blog", "forum"])
    fakes.blog.answers["log_end"] = 5
    ends.doubt()
    assert ends.prove(["blog"])
    assert (ends.known["blog"], ends.known["people"]) == (7, -1)
    fakes.forum.answers["log_end"] = Unavailable("service-away")
    assert ends.prove(["blog"])
    ends.doubt()
    assert not ends.prove(["blog", "forum"])


def test_a_reply_leaves_the_pages_of_other_topics(system: SystemHarness) -> None:
    with clock.at(NOON):
        app = create_app(system.settings, system.services, keep_pages=True)
        client, pages, amina = app.test_client(), app.extensions["space.page_cache"], system.robot("Amina")
        paths = []
        with system.local.databases["forum"].writing() as session:
            forum_actions.set_category(session, OPERATOR, "maps", "en", {"en": ("Maps", "")})
        for title, category in (("One", "help"), ("Two", "maps")):
            text = {"language": "en", "title": title, "body": "Text", "category": category}
            made = amina.post("/topics", text).json
            paths.append((made["id"], f"/talk/t/{made['id']}/{made['slug']}"))
        system.drain()
        read = ("/", "/talk", "/talk/c/help", "/talk/c/maps", paths[0][1], paths[1][1], "/news", "/events")
        for path in read:
            assert client.get(path).status_code == 200, path
        kept = {path: page_at(pages, path) for path in read}
        amina.post(f"/topics/{paths[0][0]}/posts", {"language": "en", "body": "A reply"})
        system.drain()
        for path in read:
            client.get(path)
        stayed = {path for path in read if page_at(pages, path) is kept[path]}
        assert stayed == {"/talk/c/maps", paths[1][1], "/news", "/events"}
        assert "A reply" in client.get(paths[0][1]).text


def page_at(pages: PageCache, path: str) -> Page | None:
    """The page that is kept for this path."""
    return next((pages.pages.get(key) for key in pages.pages if key.path == path), None)
