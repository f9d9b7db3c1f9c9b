"""Feeds, read as readers read them: with feedparser, and JSON Feed by its specification."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from contracts.blog import ArticleView
from contracts.common import Page
from contracts.errors import Unavailable
from core import clock
from core.markup_cooked import cook
from gateway.wiki.items import Writer
from tests.unit.gateway import fakes as fakes_module
from tests.unit.gateway.fakes import FakeServices
from tests.unit.gateway.harness import Robot, SystemHarness, hidden_group, plan_event

pytestmark = pytest.mark.slow

NASTY = "Maps <b> & \"quotes\" ]]> 'x' \u202eרדאר"
LINKS = "See [there](/talk/p/1), [up](#top), [[Main Page]] and ![cat](/media/1/320)."
BODY = f'{LINKS}\n\nhref="/no" <script>alert(1)</script>\n\n- é\U0001f5fa'


def publish(system: SystemHarness, title: str, language: str = "en", **more: Any) -> dict[str, Any]:
    amina, edith = system.robot("Amina"), system.robot("Edith")
    body = {
        "language": language,
        "title": title,
        "body": BODY,
        "category": "stories",
        "tags": ["maps"],
        **more,
    }
    made = amina.post("/articles", body).json
    assert amina.post(f"/articles/{made['id']}/submit").status_code == 200
    published: dict[str, Any] = edith.post(f"/articles/{made['id']}/publish").json
    assert published["status"] == "published"
    system.drain()
    return published


def open_topic(system: SystemHarness, title: str, **more: Any) -> dict[str, Any]:
    body = {"language": "en", "title": title, "body": BODY, "category": "help", "tags": ["maps"], **more}
    made: dict[str, Any] = system.robot("Amina").post("/topics", body).json
    system.drain()
    return made


def plan_walk(system: SystemHarness, title: str, **more: Any) -> dict[str, Any]:
    place = {"timezone": "Europe/Berlin", "online_url": "https://meet.test/?a=1&b=2"}
    made = plan_event(system, title, body=BODY, tags=["maps"], **place, **more)
    system.drain()
    return made


def get(system: SystemHarness, path: str, **headers: str) -> Any:
    return Robot(system).get(f"/feeds/{path}", **headers)


def parsed(system: SystemHarness, path: str) -> Any:
    answer = get(system, path)
    assert answer.status_code == 200, answer.text
    found = feedparser.parse(answer.data, response_headers={"content-type": answer.headers["Content-Type"]})
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_a_reader_reads_an_article_whole(system: SystemHarness, format: str) -> None:
    article = publish(system, NASTY, "ar")
    feed = parsed(system, f"news.{format}")
    assert feed.version == {"rss": "rss20", "atom": "atom10"}[format]
    assert feed.feed.link == "http://space.test/news"
    assert {"rel": "self", "href": f"http://space.test/feeds/news.{format}"}.items() <= next(
        link for link in feed.feed.links if link["rel"] == "self"
    ).items()
    (entry,) = feed.entries
    assert entry.title == article["title"]
    assert entry.id == f"tag:space.test,2026:article/{article['id']}"
    assert entry.link.startswith("http://space.test/news/")
    assert entry.author == "Amina"
    assert [tag.term for tag in entry.tags] == ["maps"]
    assert entry.published_parsed[:5] == clock.now().timetuple()[:5]
    html = entry.content[0].value
    assert 'href="http://space.test/talk/p/1"' in html
    assert f'href="{entry.link}#top"' in html
    assert 'src="http://space.test/media/1/320"' in html
    assert 'href="https://meta.wikimedia.org/wiki/Main' in html
    assert 'href="/no"' in html
    assert "<script" not in html
    assert "é\U0001f5fa" in html


def test_each_entry_says_its_language_and_direction(system: SystemHarness) -> None:
    publish(system, "خرائط", "ar")
    publish(system, "Mapas", "es")
    atom = ET.fromstring(get(system, "news.atom").data)
    entries = atom.findall("{http://www.w3.org/2005/Atom}entry")
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [entry.get(lang) for entry in entries] == ["es", "ar"]
    rss = ET.fromstring(get(system, "news.rss").data)
    languages = [item.text for item in rss.iter("{http://purl.org/dc/elements/1.1/}language")]
    assert languages == ["es", "ar"]
    items = get(system, "news.json").json["items"]
    assert [item["language"] for item in items] == ["es", "ar"]
    assert items[1]["content_html"].startswith('<div lang="ar" dir="rtl">')


def test_json_feed_has_its_fields(system: SystemHarness) -> None:
    article = publish(system, NASTY)
    answer = get(system, "news.json")
    assert answer.mimetype == "application/feed+json"
    feed = json.loads(answer.data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://space.test/feeds/news.json"
    (item,) = feed["items"]
    assert item["id"].endswith(article["id"])
    assert item["authors"] == [{"name": "Amina"}]
    assert item["title"] == article["title"]
    assert item["date_published"].endswith("Z")


def test_the_language_of_the_address_decides_and_nothing_else(system: SystemHarness) -> None:
    article = publish(system, "Maps")
    version = {"title": "Mapas", "summary": "s", "body": "Cuerpo"}
    proposal = system.robot("Boris").put(f"/articles/{article['id']}/versions/es", version)
    assert get(system, "news.json?lang=es").json["items"] == []
    accepted = system.robot("Edith").post(f"/proposals/{proposal.json['id']}/accept")
    assert accepted.status_code == 200
    publish(system, "Only English")

    def titles(query: str, **headers: str) -> list[str]:
        return [item["title"] for item in get(system, f"news.json{query}", **headers).json["items"]]

    assert titles("") == ["Only English", "Maps"]
    assert titles("", Accept_Language="es", Cookie="space_language=es") == ["Only English", "Maps"]
    assert titles("?uselang=es") == ["Only English", "Mapas"]
    assert titles("?lang=es") == ["Mapas"]
    assert get(system, "news.json?uselang=es").json["language"] == "es"


def test_the_feed_of_everything_has_each_thing_once_newest_first(system: SystemHarness) -> None:
    publish(system, "An article")
    open_topic(system, "A topic")
    plan_walk(system, "An event")
    titles = [entry.title for entry in parsed(system, "all.rss").entries]
    assert titles == ["An event", "A topic", "An article"]
    assert [entry.title for entry in parsed(system, "talk.atom").entries] == ["A topic", "An article"]
    assert [entry.title for entry in parsed(system, "events.rss").entries] == ["An event"]
    assert [entry.title for entry in parsed(system, "tags/maps.atom").entries] == titles
    assert parsed(system, "tags/nothing.rss").entries == []
    assert len(parsed(system, "all.rss?limit=1").entries) == 1


def test_an_event_says_when_and_where(system: SystemHarness) -> None:
    plan_walk(system, "Walk")
    (entry,) = parsed(system, "events.atom").entries
    html = entry.content[0].value
    assert "<time datetime=" in html
    assert "Europe/Berlin" in html
    assert 'href="https://meet.test/?a=1&amp;b=2"' in html


def test_a_search_is_a_feed_with_all_its_filters(system: SystemHarness) -> None:
    publish(system, "Zebra maps")
    topic = open_topic(system, "Zebra crossing")
    system.robot("Boris").post(f"/topics/{topic['id']}/posts", {"body": "The zebra **again**"})
    plan_walk(system, "Zebra walk")
    system.drain()

    def found(query: str) -> set[str]:
        return {
            entry.id.split(":")[-1].split("/")[0] for entry in parsed(system, f"search.atom?{query}").entries
        }

    assert {"article", "topic", "post", "event"} <= found("q=zebra")
    assert found("q=zebra&kind=article") == {"article"}
    assert found("q=zebra&kind=article,event") == {"article", "event"}
    assert found("q=zebra&author=Boris") == {"post"}
    assert found("q=zebra&author=Nobody-at-all") == set()
    assert found("q=zebra&tag=nothing") == set()
    assert found("q=nothing-of-this") == set()
    assert found("q=zebra&before=2001-01-01T00:00:00Z") == set()
    feed = parsed(system, "search.rss?q=zebra&kind=post")
    assert "<strong>again</strong>" in feed.entries[0].content[0].value
    assert "zebra" in feed.feed.title
    assert feed.feed.link == "http://space.test/search?q=zebra&kind=post"


def test_only_what_is_public_is_in_a_feed_whoever_asks(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    group = hidden_group(system)
    open_topic(system, "Secret zebra", audience=group["audience"], category=None)
    plan_walk(system, "Secret zebra walk", audience="members")
    draft = {
        "language": "en",
        "title": "Draft of a zebra",
        "body": "x",
        "category": "stories",
        "tags": ["maps"],
    }
    assert amina.post("/articles", draft).status_code == 201
    system.drain()
    for path in (
        "all.json",
        "news.json",
        "talk.json",
        "events.json",
        "tags/maps.json",
        "search.json?q=zebra",
    ):
        assert amina.get(f"/feeds/{path}").json["items"] == [], path
    for path in ("events.ics", "tags/maps.ics", "search.ics?q=zebra"):
        assert "BEGIN:VEVENT" not in amina.get(f"/feeds/{path}").text, path
    missing = get(system, "search.atom?q=zebra&group=nothing")
    hidden = get(system, "search.atom?q=zebra&group=circle")
    assert (missing.status_code, missing.data) == (hidden.status_code, hidden.data)
    assert missing.status_code == 404


@pytest.mark.parametrize("path", ["all.rss", "news.atom", "news.json", "events.ics", "tags/maps.rss"])
def test_an_unchanged_feed_is_a_304(system: SystemHarness, path: str) -> None:
    publish(system, "First")
    plan_walk(system, "Walk")
    first = get(system, path)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in first.headers
    assert get(system, path, If_None_Match=first.headers["ETag"]).status_code == 304
    later = "Fri, 31 Dec 2100 23:59:59 GMT"
    assert get(system, path, If_Modified_Since=later).data == first.data, "a time can't say what has changed"
    assert "Last-Modified" not in first.headers
    publish(system, "Second")
    plan_walk(system, "Another walk")
    assert get(system, path, If_None_Match=first.headers["ETag"]).status_code == 200


def test_what_is_taken_out_of_a_list_changes_the_feed_for_every_client(system: SystemHarness) -> None:
    open_topic(system, "First")
    second = open_topic(system, "Second")
    before = get(system, "tags/maps.rss")
    assert (
        system.robot("Amina").patch(f"/topics/{second['id']}", {"revision": 1, "tags": []}).status_code == 200
    )
    system.drain()
    after = get(system, "tags/maps.rss", If_Modified_Since=before.headers.get("Date", ""))
    assert after.status_code == 200
    assert "Second" in before.text
    assert "Second" not in after.text


def test_a_tag_s_feed_is_found_under_any_spelling(system: SystemHarness) -> None:
    open_topic(system, "First")
    for spelling in ("Maps", "MAPS", "%20maps"):
        moved = get(system, f"tags/{spelling}.rss?limit=5")
        assert (moved.status_code, moved.headers["Location"]) == (308, "/feeds/tags/maps.rss?limit=5")


def test_an_empty_feed_is_a_feed(system: SystemHarness) -> None:
    for format in ("rss", "atom"):
        assert parsed(system, f"news.{format}").entries == []
    first, second = get(system, "news.json"), get(system, "news.json")
    assert first.json["items"] == []
    assert first.headers["ETag"] == second.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("news.xml", 404),
        ("tags/Not A Tag.rss", 308),
        ("tags/%E2%80%8B.rss", 404),
        ("tags/maps", 404),
        ("tags/maps.exe", 404),
        ("events/0000000000000000.ics", 404),
        ("search.rss?kind=nothing", 422),
        ("search.rss?after=soon", 422),
        ("all.rss?limit=0", 422),
        ("all.rss?limit=9999", 422),
        ("news.rss?utm_source=reader&fbclid=1", 200),
        ("news.rss?lang=not-a-language", 200),
        ("news.rss?uselang=%F0%9F%97%BA", 200),
        ("search.rss?q=%22%3C%26", 200),
    ],
)
def test_a_wrong_address_is_told_so(system: SystemHarness, path: str, status: int) -> None:
    assert get(system, path).status_code == status


def test_a_service_that_is_away_is_a_503(fakes: FakeServices, stranger: Any) -> None:
    fakes.blog.answers["articles"] = Unavailable("service-away", params={"service": "blog"})
    answer = stranger.get("/feeds/news.rss")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_a_title_with_what_xml_forbids_is_still_a_feed(fakes: FakeServices, stranger: Any) -> None:
    view = ArticleView.model_validate({**fakes_module.article().model_dump(), "title": "A\x0bB\x01C\ufffe"})
    fakes.blog.answers["articles"] = Page(items=[view])
    fakes.blog.answers["articles_by_id"] = [view]
    found = feedparser.parse(stranger.get("/feeds/news.atom").data)
    assert not found.bozo
    assert found.entries[0].title == "ABC"


def test_a_summary_in_rss_stays_text(system: SystemHarness) -> None:
    """Readers take `description` for HTML, whatever it was written as."""
    publish(system, "Wells", summary="<img src=x onerror=run()> & more")
    root = ET.fromstring(get(system, "news.rss").data)
    assert root.findtext("./channel/item/description") == "&lt;img src=x onerror=run()&gt; &amp; more"


def test_pictures_are_shown_with_whom_to_thank(tmp_path: Any) -> None:
    view = fakes_module.article().model_copy(
        update={"picture": fakes_module.picture(author='A "quoted" <name>')}
    )
    item = Writer(fakes_module.settings(tmp_path)).article(view)
    assert item.image
    assert item.image.startswith("http://space.test/media/")
    assert "A &quot;quoted&quot; &lt;name&gt;" in item.html


def test_a_picture_in_a_text_is_one_for_readers_elsewhere(tmp_path: Any) -> None:
    html = cook("![A](/media/06gzjj0yzg2217fw/320)", "en", {"06gzjj0yzg2217fw": (800, 600)}).html
    view = fakes_module.article().model_copy(update={"html": html})
    item = Writer(fakes_module.settings(tmp_path)).article(view)
    assert 'src="http://space.test/media/06gzjj0yzg2217fw/320"' in item.html
    assert 'width="320" height="240"' in item.html
    assert "srcset" not in item.html
    assert "sizes" not in item.html


def test_tags_that_differ_by_a_sign_have_pages_and_feeds_of_their_own(system: SystemHarness) -> None:
    open_topic(system, "Signs", tags=["C++", "C#", "C"])
    assert system.robot("Amina").get("/topics?tag=c%2B%2B").json["items"][0]["tags"] == ["c++", "c#", "c"]
    client = system.app.test_client()
    for tag in ("c", "c%23", "c%2B%2B"):
        assert "Signs" in client.get(f"/tags/{tag}").text
        assert len(get(system, f"tags/{tag}.json").json["items"]) == 1
    assert client.get("/tags/C%23").headers["Location"] == "/tags/c%23"
