"""`/live`: one's own notifications as they come, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from contracts.common import Recorded
from contracts.notify import PeopleNotified
from core import clock
from gateway.live import sse
from gateway.live.options import LiveOptions
from tests.unit.gateway.harness import Robot, SystemHarness

pytestmark = pytest.mark.slow

FAST = LiveOptions(heartbeat=0.05)


@pytest.fixture
def system(system: SystemHarness) -> SystemHarness:
    """The system with streams that are never silent for long."""
    system.set_live(FAST)
    return system


def listen(robot: Robot, **headers: str) -> tuple[Any, Iterator[bytes]]:
    answer = robot.client.get("/live", headers={"Authorization": f"Bearer {robot.token}", **headers})
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer, iter(cast("Iterator[bytes]", answer.response))


def read(chunks: Iterator[bytes]) -> list[dict[str, Any]]:
    """What comes until the next heartbeat."""
    found = []
    for chunk in chunks:
        if chunk.startswith(b":"):
            break
        lines = dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))
        assert lines["event"] == "notified"
        found.append(json.loads(lines["data"]))
    return found


def mention(system: SystemHarness, name: str) -> None:
    body = {"language": "en", "title": "Maps", "body": f"What do you say, @{name}?", "category": "help"}
    assert system.robot("Amina").post("/topics", body).status_code == 201
    system.drain()


def test_the_count_comes_at_first_and_then_each_notification(system: SystemHarness) -> None:
    boris = system.robot("Boris")
    mention(system, "Boris")
    _, chunks = listen(boris)
    (first,) = read(chunks)
    assert first["unread"] == 1
    assert "1" in first["text"]
    assert "notification" not in first
    mention(system, "Boris")
    (second,) = read(chunks)
    assert second["unread"] == 2
    assert second["path"].startswith("/talk/")
    assert second["notification"] == boris.get("/notifications").json["items"][0]["id"]
    boris.post("/notifications/read", {})
    system.drain()
    assert [message["unread"] for message in read(chunks)] == [0]


def test_nobody_receives_what_is_for_others(system: SystemHarness) -> None:
    _, chunks = listen(system.robot("Edith"))
    assert [message["unread"] for message in read(chunks)] == [0]
    mention(system, "Boris")
    assert read(chunks) == []


def test_what_the_listener_missed_is_found_by_looking(system: SystemHarness) -> None:
    boris = system.robot("Boris")
    _, chunks = listen(boris)
    assert [message["unread"] for message in read(chunks)] == [0]
    system.listener.listeners.clear()
    mention(system, "Boris")
    assert read(chunks) == []
    system.set_live(replace(FAST, check=0.0))
    assert [message["unread"] for message in read(chunks)] == [1]


def test_a_page_that_reads_too_slowly_gets_the_count_anew(system: SystemHarness) -> None:
    system.set_live(replace(FAST, mailbox_events=2))
    _, chunks = listen(system.robot("Boris"))
    assert [message["unread"] for message in read(chunks)] == [0]
    for _ in range(5):
        mention(system, "Boris")
    told = read(chunks)
    assert len(told) <= 2
    assert told[-1]["unread"] == 5


def revoke(robot: Robot) -> None:
    """Revoke the only token of this person, with which they listen."""
    (token,) = robot.get("/tokens").json["items"]
    assert robot.delete(f"/tokens/{token['id']}").status_code == 204


def test_one_of_very_many_who_are_notified_gets_the_count(system: SystemHarness) -> None:
    boris = system.robot("Boris")
    _, chunks = listen(boris)
    assert [message["unread"] for message in read(chunks)] == [0]
    listeners, system.listener.listeners = system.listener.listeners, []
    mention(system, "Boris")
    system.listener.listeners = listeners
    event = PeopleNotified(person_ids=["0" * 16, boris.get("/me").json["id"]])
    system.listener.publish(
        Recorded(
            producer="notify", seq=99, id="0" * 16, type=event.type, version=1, subject=event.subject(),
            audience=event.audience(), occurred_at=clock.now(), data=event.model_dump(),
        )
    )  # fmt: skip
    assert [message["unread"] for message in read(chunks)] == [1]


def test_it_ends_with_the_session(system: SystemHarness) -> None:
    _, chunks = listen(system.robot("Boris"))
    read(chunks)
    revoke(system.robot("Boris"))
    system.set_live(replace(FAST, check=0.0))
    assert list(chunks) == []


def test_nothing_is_sent_after_the_session_ended_and_the_stream_ends_at_once(system: SystemHarness) -> None:
    boris = system.robot("Boris")
    _, chunks = listen(boris)
    read(chunks)
    revoke(boris)
    body = {"language": "en", "title": "Maps", "body": "What do you say, @Boris?", "category": "help"}
    system.robot("Amina").post("/topics", body)
    system.local.drain()
    told = system.services.notify.events_after(system.published["notify"], 100)
    assert told
    for event in told:  # the stream handles the notification alone, and not yet that the session ended
        system.listener.publish(event)
    assert list(chunks) == []


def test_a_session_that_ends_wakes_its_stream_and_no_other(system: SystemHarness) -> None:
    boris, edith = system.robot("Boris"), system.robot("Edith")
    (_, ended), (_, others) = listen(boris), listen(edith)
    for chunks in (ended, others):
        read(chunks)
    revoke(boris)
    system.drain()
    assert [each for each in ended if not each.startswith(b":")] == []
    mention(system, "Edith")
    assert [message["unread"] for message in read(others)] == [1]


def test_a_stranger_is_refused(system: SystemHarness) -> None:
    assert Robot(system).client.get("/live").status_code == 401


def test_the_oldest_stream_is_closed_for_the_newest(system: SystemHarness) -> None:
    streams = [listen(system.robot("Boris")) for _ in range(FAST.pages_of_a_person)]
    for _, chunks in streams:
        read(chunks)
    newest, _ = listen(system.robot("Boris"))
    assert list(streams[0][1]) == [sse.LATER.encode()]
    for response, _ in streams:
        response.close()
    newest.close()
