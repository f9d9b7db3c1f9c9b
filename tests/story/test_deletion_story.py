"""A moderator deletes a spam topic and an event, and takes it back, on both ways to run."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.story.harness import PASSWORD, RunningSpace
from tests.story.person import Person, eventually

pytestmark = pytest.mark.timeout(600)


def test_what_a_moderator_deletes_is_gone_for_all_until_it_is_restored(space: RunningSpace) -> None:
    word = f"zq{uuid.uuid4().hex[:10]}"
    writer, guest = Person.newcomer(space, "Writer"), Person.newcomer(space, "Guest")
    moderator = _moderator(space)
    text: dict[str, Any] = {"language": "en", "title": f"Pills {word}", "body": f"Buy {word}.", "tags": []}
    topic = writer.post("topics", {**text, "category": "general"})
    guest.post(f"topics/{topic['id']}/posts", {"body": f"Is {word} spam?"})
    start = (datetime.now(UTC) + timedelta(days=9)).replace(tzinfo=None, microsecond=0).isoformat()
    where = {"start": start, "minutes": 60, "timezone": "UTC", "online_url": "https://meet.example.org/x"}
    event = writer.post("events", {**text, **where})
    guest.put(f"events/{event['id']}/attendance", {"attending": "going"})
    eventually(lambda: guest.get("search", q=word)["total"] == 3)
    before = [guest.get(path) for path in (f"topics/{topic['id']}", f"events/{event['id']}")]

    writer.http.delete(f"/api/v1/topics/{topic['id']}")
    assert guest.get(f"topics/{topic['id']}") == before[0], "somebody has answered there"
    for path in (f"topics/{topic['id']}", f"events/{event['id']}"):
        assert moderator.http.delete(f"/api/v1/{path}").status_code == 422
        assert moderator.http.delete(f"/api/v1/{path}?reason=spam&note=Pills").status_code == 200
        for reader in (guest, Person(space)):
            gone, never = reader.get(path, status=404), reader.get("topics/0000000000000000", status=404)
            assert {**gone, "instance": ""} == {**never, "instance": ""}
        own = writer.get(path)["deletion"]
        assert (own["reason"], own["note"], own["by_id"]) == ("spam", "Pills", None)
    eventually(lambda: guest.get("search", q=word)["total"] == 0)
    for path in (
        "/talk",
        "/events",
        "/feeds/all.rss",
        "/feeds/talk.json",
        "/feeds/events.ics",
        "/sitemap.xml",
    ):
        assert word not in httpx.get(space.url + path, timeout=60).text, path
    eventually(
        lambda: [one["what"] for one in guest.get("notifications")["items"]] == ["events.event.cancelled"]
    )

    for path in (f"topics/{topic['id']}", f"events/{event['id']}"):
        moderator.post(f"{path}/restore", status=200)
    assert [guest.get(path) for path in (f"topics/{topic['id']}", f"events/{event['id']}")] == before
    eventually(lambda: guest.get("search", q=word)["total"] == 3)


def _moderator(space: RunningSpace) -> Person:
    person = Person(space, "moderator")
    wanted = {
        "name": "moderator",
        "password": PASSWORD,
        "label": "story",
        "scopes": ["read", "write", "moderate"],
    }
    token = person.post("tokens", wanted, status=201)["token"]
    person.http.headers["Authorization"] = f"Bearer {token}"
    return person
