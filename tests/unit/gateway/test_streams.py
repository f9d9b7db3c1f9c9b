"""`/v2/stream/…`: what is public, in order, from where a client stopped, whatever the event listener missed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.deletion import Delete
from core import clock
from core.audience import Viewer
from gateway.live.options import LiveOptions
from tests.unit.gateway.harness import Robot, SystemHarness, hidden_group
from tests.unit.gateway.stream_client import Message, StreamClient

pytestmark = pytest.mark.slow

MODERATOR = Viewer(person_id="1" * 16, name="Mod", roles=frozenset({"member", "moderator"}))
FAST = LiveOptions(pull=0.01, retry=0.01, heartbeat=0.05)


@pytest.fixture
def system(system: SystemHarness) -> SystemHarness:
    """The system with streams that look often."""
    system.set_live(FAST)
    return system


def open_topic(system: SystemHarness, title: str, **more: Any) -> dict[str, Any]:
    body = {"language": "en", "title": title, "body": "Body of it.", "category": "help", **more}
    made = system.robot("Amina").post("/topics", body)
    assert made.status_code == 201, made.text
    topic: dict[str, Any] = made.json
    return topic


def titles(messages: list[Message]) -> list[str]:
    return [message["topic"]["versions"][0]["title"] for message in messages]


def test_a_message_has_the_shape_of_eventstreams(system: SystemHarness) -> None:
    client = StreamClient(system, "/v2/stream/space.topic")
    topic = open_topic(system, "Maps")
    system.drain()
    (message,) = client.read()
    assert message["$schema"] == "/space/topic/1.0.0"
    assert message["type"] == "forum.topic.created"
    assert message["subject"] == f"topic/{topic['id']}"
    assert message["meta"]["stream"] == "space.topic"
    assert message["meta"]["domain"] == "space.test"
    assert message["meta"]["uri"] == f"http://space.test/talk/t/{topic['id']}/maps"
    assert datetime.fromisoformat(message["meta"]["dt"]).tzinfo is not None
    assert message["topic"]["id"] == topic["id"]
    (place,) = json.loads(client.last_id)
    assert place["topic"] == "space.topic"
    assert place["partition"] == 0
    assert place["offset"] == message["meta"]["offset"]
    assert client.answer.headers["Access-Control-Allow-Origin"] == "*"


def test_several_streams_come_as_one(system: SystemHarness) -> None:
    client = StreamClient(system, "/v2/stream/space.topic,space.post,space.event")
    topic = open_topic(system, "Maps")
    system.robot("Boris").post(f"/topics/{topic['id']}/posts", {"body": "Yes."})
    day = (clock.now() + timedelta(days=9)).date()
    event = {"language": "en", "title": "Walk", "body": "x", "start": f"{day}T10:00", "minutes": 60}
    system.robot("Boris").post("/events", {**event, "timezone": "UTC", "online_url": "https://meet.test/"})
    system.drain()
    kinds = sorted(message["meta"]["stream"] for message in client.read())
    assert kinds == ["space.event", "space.post", "space.post", "space.topic"]
    assert {place["topic"] for place in json.loads(client.last_id)} == {
        "space.topic",
        "space.post",
        "space.event",
    }


def test_a_client_goes_on_where_it_stopped(system: SystemHarness) -> None:
    client = StreamClient(system, "/v2/stream/space.topic")
    open_topic(system, "First")
    system.drain()
    assert titles(client.read()) == ["First"]
    client.answer.close()
    open_topic(system, "Second")
    open_topic(system, "Third")
    system.drain()
    again = StreamClient(system, "/v2/stream/space.topic", Last_Event_ID=client.last_id)
    assert titles(again.read()) == ["Second", "Third"]
    new = StreamClient(system, "/v2/stream/space.topic")
    assert new.read() == []


def test_since_goes_back_in_time(system: SystemHarness) -> None:
    now = clock.now().replace(microsecond=0)
    for days, title in ((10, "Old"), (30, "Newer")):
        with clock.at(now + timedelta(days=days)):
            open_topic(system, title)
    system.drain()
    middle = now + timedelta(days=20)
    milliseconds = int(middle.timestamp() * 1000)
    for since in (f"{middle:%Y-%m-%d}", f"{middle:%Y-%m-%dT%H:%M:%SZ}", str(milliseconds)):
        assert titles(StreamClient(system, f"/v2/stream/space.topic?since={since}").read()) == ["Newer"]
    assert titles(StreamClient(system, "/v2/stream/space.topic?since=2025-01-01").read()) == ["Old", "Newer"]
    assert StreamClient(system, "/v2/stream/space.topic?since=2099-01-01").read() == []
    place = json.dumps([{"topic": "space.topic", "partition": 0, "offset": -1, "timestamp": milliseconds}])
    assert titles(StreamClient(system, "/v2/stream/space.topic", Last_Event_ID=place).read()) == ["Newer"]


def test_since_misses_nothing_where_something_older_was_imported_meanwhile(system: SystemHarness) -> None:
    since = clock.now() - timedelta(minutes=1)
    open_topic(system, "Live")
    with clock.at(datetime(2019, 11, 1, tzinfo=UTC)):
        open_topic(system, "Imported")
    system.drain()
    path = f"/v2/stream/space.topic?since={since:%Y-%m-%dT%H:%M:%SZ}"
    assert titles(StreamClient(system, path).read()) == ["Live", "Imported"]


def test_nothing_is_lost_when_the_listener_receives_nothing_or_misses_some(system: SystemHarness) -> None:
    client = StreamClient(system, "/v2/stream/space.topic")
    open_topic(system, "Unheard")
    system.local.drain()
    assert titles(client.read()) == ["Unheard"]
    open_topic(system, "Missed")
    open_topic(system, "Received")
    system.local.drain()
    newest = system.services.forum.events_after(system.services.forum.log_end() - 1, 1)
    system.listener.publish(newest[0])
    system.listener.publish(newest[0])
    assert titles(client.read()) == ["Missed", "Received"]


def test_it_says_when_the_past_is_sent(system: SystemHarness) -> None:
    assert (
        StreamClient(system, "/v2/stream/space.topic?since=2020-01-01").read() == []
    )  # its buffer is there now
    system.set_live(replace(FAST, slice=2, pull=3600.0))
    for number in range(5):
        open_topic(system, f"Unheard {number}")
    system.local.drain()  # and the event listener receives nothing
    past = StreamClient(system, "/v2/stream/space.topic?since=2020-01-01")
    assert len(past.read()) == past.sent_when_caught_up == 5
    now = StreamClient(system, "/v2/stream/space.topic")
    open_topic(system, "Live")
    system.drain()
    assert len(now.read()) == 1
    assert now.sent_when_caught_up is not None


def test_a_slow_client_reads_the_rest_from_the_log(system: SystemHarness) -> None:
    system.set_live(replace(FAST, buffered_events=3))
    client = StreamClient(system, "/v2/stream/space.topic")
    for number in range(5):
        open_topic(system, f"Topic {number}")
    system.drain()
    assert titles(client.read()) == [f"Topic {number}" for number in range(5)]


def test_what_is_not_public_is_never_told(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    group = hidden_group(system)
    every = "space.article,space.topic,space.post,space.event"
    client = StreamClient(system, f"/v2/stream/{every}")
    open_topic(system, "For members", audience="members")
    open_topic(system, "For the group", audience=group["audience"], category=None)
    draft = {"language": "en", "title": "Draft", "body": "x", "category": "stories"}
    article = amina.post("/articles", draft).json
    amina.post(f"/articles/{article['id']}/submit")
    system.drain()
    assert client.read() == []
    assert StreamClient(system, f"/v2/stream/{every}?since=2020-01-01").read() == []


def test_a_deleted_posts_text_does_not_come_back_from_the_log(system: SystemHarness) -> None:
    topic = open_topic(system, "Maps")
    boris = system.robot("Boris")
    post = boris.post(f"/topics/{topic['id']}/posts", {"body": "My address is secret"}).json
    boris.delete(f"/posts/{post['id']}")
    system.drain()
    replayed = StreamClient(system, "/v2/stream/space.post?since=2020-01-01").read()
    of_boris = [message for message in replayed if message["post"]["id"] == post["id"]]
    assert [message["type"] for message in of_boris] == ["forum.post.deleted"]
    assert "My address" not in json.dumps(replayed)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v2/stream/space.nothing", {}, 404),
        ("/v2/stream/space.topic,", {}, 404),
        ("/v2/stream/space.topic?since=soon", {}, 422),
        ("/v2/stream/space.topic?since=99999999999999999999999999", {}, 422),
        ("/v2/stream/space.topic?since=0001-01-01T00:00:00%2B14:00", {}, 422),
        ("/v2/stream/space.topic", {"Last-Event-ID": "nonsense"}, 422),
        ("/v2/stream/space.topic", {"Last-Event-ID": "[1]"}, 422),
        ("/v2/stream/space.topic", {"Last-Event-ID": '[{"topic":"space.topic","offset":"x"}]'}, 422),
        ("/v2/stream/space.topic", {"Last-Event-ID": "[" * 10000}, 422),
    ],
)
def test_a_wrong_request_is_told_so(
    system: SystemHarness, path: str, headers: dict[str, str], status: int
) -> None:
    answer = Robot(system).client.get(path, headers=headers)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_an_offset_beyond_the_end_begins_now(system: SystemHarness) -> None:
    place = json.dumps([{"topic": "space.topic", "partition": 0, "offset": 10**9}])
    client = StreamClient(system, "/v2/stream/space.topic", Last_Event_ID=place)
    open_topic(system, "Maps")
    system.drain()
    assert titles(client.read()) == ["Maps"]


def test_there_is_a_limit_and_closing_one_stream_admits_another(system: SystemHarness) -> None:
    system.set_live(replace(FAST, streams_for_all=1, streams_for_people=0))
    client = StreamClient(system, "/v2/stream/space.topic")
    refused = Robot(system).client.get("/v2/stream/space.topic")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    client.answer.close()
    StreamClient(system, "/v2/stream/space.topic").answer.close()


def test_a_deletion_is_told_as_one_and_what_was_deleted_no_longer(system: SystemHarness) -> None:
    names = "/v2/stream/space.topic,space.post"
    live = StreamClient(system, names)
    topic = open_topic(system, "Zqunwanted")
    system.robot("Boris").post(f"/topics/{topic['id']}/posts", {"body": "Zqunwanted too."})
    system.drain()
    assert len(live.read()) == 3
    system.services.forum.delete_topic(MODERATOR, topic["id"], Delete(reason="spam", note="Zqunwanted."))
    system.drain()
    told = live.read()
    assert [message["type"] for message in told] == [
        "forum.topic.deleted",
        "forum.post.deleted",
        "forum.post.deleted",
    ]
    assert told[0]["topic"]["id"] == topic["id"]
    assert told[0]["meta"]["uri"].endswith(f"/talk/t/{topic['id']}/{topic['id']}")
    assert "zqunwanted" not in json.dumps(told).lower()
    later = StreamClient(system, f"{names}?since=2020-01-01T00:00:00Z").read()
    assert [message["type"] for message in later] == [message["type"] for message in told]
    system.services.forum.restore_topic(MODERATOR, topic["id"])
    system.drain()
    assert [message["type"] for message in live.read()] == [
        "forum.topic.restored",
        "forum.post.restored",
        "forum.post.restored",
    ]


def test_offsets_count_what_is_public_and_nothing_else(system: SystemHarness) -> None:
    """What outsiders get is the same with and without hidden events between: ids, offsets, order."""
    client = StreamClient(system, "/v2/stream/space.topic,space.post")
    offsets = []
    for number in range(4):
        for _ in range(number):
            open_topic(system, "Hidden", audience="members")
        open_topic(system, f"Public {number}")
        system.drain()
        offsets += [message["meta"]["offset"] for message in client.read()]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
    assert [place["offset"] for place in json.loads(client.last_id)] == [offsets[-1] - 1, offsets[-1]]
    again = StreamClient(system, "/v2/stream/space.topic,space.post", Last_Event_ID=client.last_id)
    open_topic(system, "Hidden", audience="members")
    open_topic(system, "One more")
    system.drain()
    assert [message["meta"]["offset"] for message in again.read()] == [offsets[-1] + 1, offsets[-1] + 2]


def test_an_id_of_an_earlier_release_goes_by_its_time_and_its_offset_tells_nothing(
    system: SystemHarness,
) -> None:
    first = open_topic(system, "First")
    system.drain()
    since = int(datetime.now(UTC).timestamp() * 1000) + 1
    with clock.at(datetime.fromtimestamp(since / 1000 + 1, UTC)):
        second = open_topic(system, "Second")
        system.drain()
    for offset in (0, 1, 10**6):
        place = {"topic": "space.topic", "partition": 0, "offset": offset, "timestamp": since}
        client = StreamClient(system, "/v2/stream/space.topic", Last_Event_ID=json.dumps([place]))
        assert [message["topic"]["id"] for message in client.read()] == [second["id"]]
    assert first["id"] != second["id"]
