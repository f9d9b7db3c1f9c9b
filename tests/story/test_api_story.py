"""The whole story over `/api/v1`, feeds, streams and the broker, on both ways to run."""

from __future__ import annotations

import base64
import io
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import feedparser
import httpx
import icalendar
import pika
import pytest
from PIL import Image
from requests_sse import EventSource

from tests.story.harness import RunningSpace
from tests.story.person import Person, eventually

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def mark() -> str:
    """A word that nothing else in this run contains, so that it can be searched for."""
    return "zq" + uuid.uuid4().hex[:10]


@pytest.fixture(scope="module")
def published(space: RunningSpace, mark: str) -> dict[str, Any]:
    """Steps 2 and 3 of the story: written in Spanish, sent back, mended, helped with, published."""
    author = Person.newcomer(space, "Zaynab", languages="ar,es")
    editor = Person.signed_in(space, "editor")
    helper = Person.signed_in(space, "member")
    picture = author.post("uploads", _picture())
    draft = author.post(
        "articles",
        {
            "language": "es",
            "title": f"Bibliotecas que cantan {mark}",
            "body": "Grabamos canciones de cuna en **doce** pueblos.",
            "category": "community",
            "tags": ["oral-history", f"tag-{mark}"],
            "picture_id": picture["id"],
        },
    )
    assert draft["status"] == "draft"
    saved = author.patch(
        f"articles/{draft['id']}", {"revision": draft["revision"], "summary": "Doce pueblos."}
    )
    assert author.post(f"articles/{draft['id']}/submit", status=200)["status"] == "submitted"

    queue = editor.get("articles?status=submitted&limit=100")
    assert draft["id"] in [item["id"] for item in queue["items"]]
    returned = editor.post(f"articles/{draft['id']}/return", {"remark": "¿Dónde fue?"}, status=200)
    assert returned["status"] == "returned"

    mended = author.patch(
        f"articles/{draft['id']}",
        {"revision": returned["revision"], "body": saved["body"] + "\n\nFue en Oaxaca."},
    )
    helped = helper.patch(
        f"articles/{draft['id']}", {"revision": mended["revision"], "body": mended["body"] + " Y en Puebla."}
    )
    stale = author.patch(
        f"articles/{draft['id']}", {"revision": mended["revision"], "body": "Otro texto."}, status=409
    )
    assert "Otro texto." in json.dumps(stale, ensure_ascii=False)
    assert "Puebla" in json.dumps(stale, ensure_ascii=False)
    assert len(helped["contributor_ids"]) == 1

    author.post(f"articles/{draft['id']}/submit", status=200)
    author.post(f"articles/{draft['id']}/publish", status=403)
    article: dict[str, Any] = editor.post(f"articles/{draft['id']}/publish", status=200)
    assert article["status"] == "published"
    return {"article": article, "author": author, "picture": picture}


def test_a_stranger_reads_news_talk_and_events_in_her_language(space: RunningSpace) -> None:
    page = httpx.get(space.url + "/", headers={"Accept-Language": "ar"}, timeout=60)
    assert page.status_code == 200
    assert 'dir="rtl"' in page.text.split("<body")[0]
    assert 'lang="en"' in page.text or 'lang="es"' in page.text, "a foreign block says its language"
    stranger = Person(space, languages="ar")
    articles = stranger.get("articles?limit=50")["items"]
    assert {"ar", "en"} <= {article["language"] for article in articles}
    assert all(article["language"] == "ar" for article in articles if "ar" in article["languages"])


def test_a_published_article_opens_its_discussion_which_stands_in_both_places(
    space: RunningSpace, published: dict[str, Any], mark: str
) -> None:
    article, author = published["article"], published["author"]
    topic = eventually(lambda: _found(author, f"articles/{article['id']}/discussion"))
    assert mark in topic["title"]
    reply = author.post(f"topics/{topic['id']}/posts", {"body": f"¿Preguntas? Aquí estoy {mark}."})
    assert reply["number"] == 2
    page = httpx.get(f"{space.url}/news/{article['slug']}", timeout=60).text
    assert f"Aquí estoy {mark}" in page
    forum = httpx.get(f"{space.url}/talk/t/{topic['id']}/{topic['slug']}", timeout=60).text
    assert f"Aquí estoy {mark}" in forum


def test_a_follower_of_a_tag_is_notified(space: RunningSpace, mark: str) -> None:
    reader = Person.newcomer(space, "Reader")
    reader.put(f"follows/tag/watch-{mark}", {"level": "watching"})
    writer = Person.newcomer(space, "Writer")
    with httpx.stream("GET", f"{space.url}/live", headers=reader.http.headers, timeout=60) as live:
        lines = live.iter_lines()
        next(line for line in lines if line.startswith(("data:", ":", "event:", "retry:")))
        topic = writer.post(
            "topics",
            {
                "language": "en",
                "title": f"Lanterns {mark}",
                "body": "Who brings candles?",
                "category": "general",
                "tags": [f"watch-{mark}"],
            },
        )
        data = next(line for line in lines if line.startswith("data:") and '"notification' in line)
        assert '"unread":1' in data.replace(" ", "")
    found = reader.get("notifications")["items"]
    assert topic["id"] in found[0]["path"]
    assert found[0]["read"] is False
    reader.post("notifications/read", {"ids": [found[0]["id"]]}, status=200)
    assert reader.get("notifications?unread=true")["items"] == []


def test_an_event_with_a_place_is_in_list_month_and_map(space: RunningSpace, mark: str) -> None:
    host = Person.newcomer(space, "Host")
    place = next(item for item in host.get("places?q=الإسكندرية")["items"] if item["country"] == "EG")
    assert place["timezone"] == "Africa/Cairo"
    start = (datetime.now(UTC) + timedelta(days=9)).replace(
        hour=18, minute=0, second=0, microsecond=0, tzinfo=None
    )
    event = host.post(
        "events",
        {
            "language": "en",
            "title": f"Reading by the sea {mark}",
            "body": "Bring a book.",
            "start": start.isoformat(),
            "minutes": 90,
            "timezone": place["timezone"],
            "place": {key: place[key] for key in ("name", "country", "latitude", "longitude")},
            "tags": [f"tag-{mark}"],
        },
    )
    assert event["format"] == "onsite"
    other = Person.newcomer(space, "Guest")
    assert other.put(f"events/{event['id']}/attendance", {"attending": "going"})["going"] == 1
    box = other.get("events?box=25&box=28&box=35&box=34&limit=100")["items"]
    assert event["id"] in [item["id"] for item in box]
    for path in ("/events", f"/events?view=month&month={start:%Y-%m}", "/events/map"):
        assert mark in httpx.get(f"{space.url}{path}", timeout=60).text, path
    page = httpx.get(
        f"{space.url}/events/{event['id']}/{event['slug']}",
        timeout=60,
        cookies={"space_timezone": "Asia/Tokyo"},
    )
    assert "18:00" in page.text or "6:00" in page.text


def test_search_finds_everything_by_each_languages_rules(
    space: RunningSpace, published: dict[str, Any], mark: str
) -> None:
    reader, writer = Person(space), Person.newcomer(space, "Finder")
    topic = writer.post(
        "topics",
        {"language": "en", "title": f"Finding {mark}", "body": "Where?", "category": "general", "tags": []},
    )
    writer.post(f"topics/{topic['id']}/posts", {"body": f"RequestContext: {mark}."})
    start = (datetime.now(UTC) + timedelta(days=3)).replace(tzinfo=None, microsecond=0).isoformat()
    event = {"language": "en", "title": f"Search party {mark}", "body": "Bring a lamp.", "start": start}
    writer.post(
        "events", {**event, "minutes": 60, "timezone": "UTC", "online_url": "https://meet.example.org/lamp"}
    )
    wanted = {"article", "topic", "post", "event"}
    eventually(lambda: {hit["kind"] for hit in reader.get("search", q=mark, limit=50)["items"]} >= wanted)
    # Stems: the text says «canciones» and «pueblos».
    hits = reader.get("search", q=f"cancion pueblo {mark}", lang="es")["items"]
    assert [hit["id"] for hit in hits] == [published["article"]["id"]]
    assert reader.get("search", q="photographers", kind="group")["items"]
    assert reader.get("search", q="Haruka_T", kind="person")["items"]
    # A script without spaces, in the middle of a sentence.
    assert reader.get("search", q="写真", lang="ja")["items"]


def test_the_same_content_is_in_every_feed(space: RunningSpace, published: dict[str, Any], mark: str) -> None:
    slug = published["article"]["slug"]

    def in_feed(path: str) -> bool:
        return mark in httpx.get(space.url + path, timeout=60).text

    for kind in ("rss", "atom"):
        eventually(partial(in_feed, f"/feeds/news.{kind}"))
        feed = feedparser.parse(httpx.get(f"{space.url}/feeds/news.{kind}", timeout=60).content)
        assert not feed.bozo
        assert any(entry.link.endswith(f"/news/{slug}") for entry in feed.entries)
    items = httpx.get(f"{space.url}/feeds/tags/tag-{mark}.json", timeout=60).json()["items"]
    assert any(slug in item["url"] for item in items)
    calendar = icalendar.Calendar.from_ical(httpx.get(f"{space.url}/feeds/events.ics", timeout=60).content)
    assert any("RRULE" in component for component in calendar.walk("VEVENT"))
    found = httpx.get(
        f"{space.url}/api.php?action=query&list=search&srsearch={mark}&format=json", timeout=60
    ).json()
    assert any(mark in hit["title"] for hit in found["query"]["search"])


def test_a_stream_tells_of_a_new_topic(space: RunningSpace, mark: str) -> None:
    """Read with the client library that readers of Wikimedia's streams use."""
    writer = Person.newcomer(space, "Streamer")
    with EventSource(f"{space.url}/v2/stream/space.topic,space.post", timeout=60) as stream:
        topic = writer.post(
            "topics",
            {
                "language": "fr",
                "title": f"Flux {mark}",
                "body": "Bonjour.",
                "category": "general",
                "tags": [],
            },
        )
        event = next(event for event in stream if topic["id"] in (event.data or ""))
    assert event.type == "message"
    assert json.loads(event.data or "")["meta"]["stream"] in ("space.topic", "space.post")
    assert {place["topic"] for place in json.loads(event.last_event_id)} == {"space.topic", "space.post"}


def test_events_leave_on_the_broker_for_anyone(space: RunningSpace, mark: str) -> None:
    if space.bus_url is None:
        pytest.skip("the embedded way has no broker outside its process")
    connection = pika.BlockingConnection(pika.URLParameters(space.bus_url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "forum.events", "forum.topic.created")
    writer = Person.newcomer(space, "Publisher")
    topic = writer.post(
        "topics",
        {"language": "de", "title": f"Bus {mark}", "body": "Hallo.", "category": "general", "tags": []},
    )
    event = eventually(lambda: channel.basic_get(queue, auto_ack=True)[2])
    body = json.loads(event)
    assert body["specversion"] == "1.0"
    assert (body["type"], body["data"]["topic"]["id"]) == ("forum.topic.created", topic["id"])
    connection.close()


def test_a_closed_group_is_seen_by_all_and_entered_by_those_let_in(space: RunningSpace, mark: str) -> None:
    founder, guest, stranger = (
        Person.newcomer(space, "Founder"),
        Person.newcomer(space, "Guest"),
        Person(space),
    )
    slug = f"closed-{mark}"
    group = founder.post(
        "groups", {"slug": slug, "kind": "closed", "language": "en", "name": f"Closed {mark}"}
    )
    assert stranger.get(f"groups/{slug}")["members"] == 1
    assert stranger.get(f"groups/{slug}/members")["items"][0]["person"]["name"] == founder.name
    topic = founder.post(
        "topics",
        {
            "language": "en",
            "title": "Inside",
            "body": "Only for us.",
            "tags": [],
            "audience": f"group:{group['id']}",
        },
    )
    guest.get(f"topics/{topic['id']}", status=404)
    assert guest.post(f"groups/{slug}/join", status=200)["my_state"] == "requested"
    guest.get(f"topics/{topic['id']}", status=404)
    guest.put(f"groups/{slug}/members/{guest.name}", {"state": "member"}, status=403)
    founder.put(f"groups/{slug}/members/{guest.name}", {"state": "member"})
    assert guest.get(f"topics/{topic['id']}")["title"] == "Inside"


def test_a_hidden_group_is_as_one_that_never_was(space: RunningSpace, mark: str) -> None:
    founder, outsider = Person.newcomer(space, "Hider"), Person.newcomer(space, "Outsider")
    slug, never = f"hidden-{mark}", f"nevers-{mark}"
    group = founder.post(
        "groups", {"slug": slug, "kind": "hidden", "language": "en", "name": f"Veiled{mark}"}
    )
    secret = f"veiled{uuid.uuid4().hex[:8]}"
    audience = f"group:{group['id']}"
    topic = founder.post(
        "topics",
        {"language": "en", "title": secret, "body": secret, "tags": [f"tag-{secret}"], "audience": audience},
    )
    start = (datetime.now(UTC) + timedelta(days=5)).replace(tzinfo=None, microsecond=0).isoformat()
    event = founder.post(
        "events",
        {
            "language": "en",
            "title": secret,
            "body": secret,
            "start": start,
            "minutes": 60,
            "timezone": "UTC",
            "online_url": "https://meet.example.org/x",
            "audience": audience,
        },
    )
    eventually(lambda: founder.get("search", q=secret)["total"] == 2)
    for reader in (outsider, Person(space)):
        for there, not_there in [
            (f"groups/{slug}", f"groups/{never}"),
            (f"groups/{slug}/members", f"groups/{never}/members"),
            (f"topics/{topic['id']}", "topics/0000000000000000"),
            (f"topics/{topic['id']}/posts", "topics/0000000000000000/posts"),
            (f"events/{event['id']}", "events/0000000000000000"),
        ]:
            real, fake = reader.get(there, status=404), reader.get(not_there, status=404)
            real.pop("instance", None), fake.pop("instance", None)
            assert real == fake, there
        assert reader.get("search", q=secret)["total"] == 0
        assert secret not in json.dumps(reader.get("tags?limit=100"))
    real = httpx.get(f"{space.url}/groups/{slug}", timeout=60)
    fake = httpx.get(f"{space.url}/groups/{never}", timeout=60)
    assert (real.status_code, real.text.replace(slug, never)) == (404, fake.text)
    for path in (
        "/feeds/all.rss",
        "/feeds/talk.atom",
        "/feeds/events.ics",
        f"/feeds/search.json?q={secret}",
        f"/feeds/tags/tag-{secret}.json",
        f"/api.php?action=query&list=search&srsearch={secret}&format=json",
        f"/api.php?action=opensearch&search={secret}",
    ):
        text = (
            httpx.get(space.url + path, timeout=60)
            .text.replace(f"q={secret}", "")
            .replace(f"tag-{secret}", "")
        )
        assert "Veiled" not in text, path
        assert topic["id"] not in text, path
    assert secret not in _streamed(space, founder)


def _streamed(space: RunningSpace, writer: Person) -> str:
    """What the streams say from a minute ago until a public topic of now has come by."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    end_mark = uuid.uuid4().hex
    seen: list[str] = []
    path = f"/v2/stream/space.topic,space.post,space.event,space.article?since={since}"
    with httpx.stream("GET", space.url + path, timeout=60) as stream:
        threading.Timer(
            0.5,
            lambda: writer.post(
                "topics",
                {"language": "en", "title": end_mark, "body": "-", "category": "general", "tags": []},
            ),
        ).start()
        for line in stream.iter_lines():
            seen.append(line)
            if end_mark in line:
                break
    return "\n".join(seen)


def _found(person: Person, path: str) -> Any:
    response = person.http.get(f"/api/v1/{path}")
    return response.json() if response.status_code == 200 else None


def _picture() -> dict[str, str]:
    content = io.BytesIO()
    Image.new("RGB", (640, 360), (40, 90, 120)).save(content, "JPEG")
    return {
        "base64": base64.b64encode(content.getvalue()).decode("ascii"),
        "alt": "Una plaza al atardecer",
        "author": "Zaynab",
        "licence": "CC BY-SA 4.0",
        "source": "Obra propia",
    }
