"""One client's streams take no other client's places, and its replays not the others' turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Any, cast

import pytest

from contracts.errors import TooMany, Unavailable
from contracts.forum import ForumApi, TopicView
from gateway.limits.install import Limits
from gateway.live import sse
from gateway.live.broadcaster import broadcaster
from gateway.live.options import LiveOptions
from gateway.live.places import Places
from gateway.live.replays import ReplayLine
from gateway.wiki.stream_messages import STREAMS, Position, positions
from gateway.wiki.stream_reader import Reader
from tests.unit.gateway.harness import Robot, SystemHarness

pytestmark = pytest.mark.slow

EACH = LiveOptions().streams_of_each
TOPICS = "/v2/stream/space.topic"


@pytest.fixture
def limited(system: SystemHarness) -> Iterator[SystemHarness]:
    """The system, where clients are told apart."""
    before = system.app.extensions["space.settings"], system.app.extensions["space.limits"]
    system.app.extensions["space.settings"] = before[0].model_copy(update={"rate_limits": True})
    system.app.extensions["space.limits"] = Limits(rest=lambda seconds: None)
    system.set_live(LiveOptions())
    yield system
    system.app.extensions["space.settings"], system.app.extensions["space.limits"] = before


def open_stream(system: SystemHarness, address: str, path: str = TOPICS, **headers: str) -> Any:
    client = system.app.test_client(use_cookies=False)
    return client.get(path, headers=headers, environ_base={"REMOTE_ADDR": address})


def authorization(robot: Robot) -> dict[str, str]:
    return {"Authorization": f"Bearer {robot.token}"}


def test_a_strangers_500_streams_leave_places_for_all_others(limited: SystemHarness) -> None:
    boris = authorization(limited.robot("Boris"))
    answers = [open_stream(limited, "192.0.2.7") for _ in range(500)]
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (EACH, 500 - EACH)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    # From the same address, and from another.
    assert open_stream(limited, "192.0.2.7", "/live", **boris).status_code == 200
    assert open_stream(limited, "192.0.2.7", **boris).status_code == 200
    assert open_stream(limited, "192.0.2.8").status_code == 200
    # Their rate is another limit.
    limited.app.extensions["space.limits"] = Limits(rest=lambda seconds: None)
    assert open_stream(limited, "192.0.2.7").status_code == 429
    answers[0].close()
    assert open_stream(limited, "192.0.2.7").status_code == 200


def test_an_ipv6_network_is_one_client(limited: SystemHarness) -> None:
    statuses = [open_stream(limited, f"2001:db8::{number:x}").status_code for number in range(EACH + 5)]
    assert statuses == [200] * EACH + [429] * 5
    assert open_stream(limited, "2001:db8:0:1::1").status_code == 200


def test_places_are_kept_for_who_is_signed_in(limited: SystemHarness) -> None:
    boris = authorization(limited.robot("Boris"))
    limited.set_live(LiveOptions(streams_for_all=10, streams_for_people=4))
    statuses = [open_stream(limited, f"192.0.2.{number}").status_code for number in range(10)]
    assert statuses == [200] * 6 + [429] * 4
    assert open_stream(limited, "192.0.2.1", **boris).status_code == 200
    assert open_stream(limited, "192.0.2.99", Authorization="Bearer invented").status_code == 429


def test_a_stream_that_cant_begin_gives_its_place_back(limited: SystemHarness) -> None:
    statuses = {open_stream(limited, "192.0.2.7", f"{TOPICS}?since=soon").status_code for _ in range(EACH)}
    statuses |= {open_stream(limited, "192.0.2.7", "/v2/stream/space.no").status_code for _ in range(EACH)}
    assert statuses == {422, 404}
    with limited.app.app_context():
        assert broadcaster().streams.taken == 0
    assert open_stream(limited, "192.0.2.7").status_code == 200


def test_a_proxy_that_asks_itself_counts_towards_all_alone() -> None:
    places = Places(3, of_each=1, for_people=1)
    places.take(None)
    places.take(None)
    places.take("peer:a")
    with pytest.raises(TooMany):
        places.take("person:b")
    for client in (None, None, "peer:a"):
        places.give_back(client)
    assert places.taken == 0


def test_clients_take_turns_whatever_number_each_has() -> None:
    line = ReplayLine(at_once=2)
    turns = [line.ask("attacker") for _ in range(40)]
    reader, other = line.ask("reader"), line.ask("other")
    assert [turn.come for turn in turns] == [True, True] + [False] * 38
    # One more of the attacker's, which asked first; then the others, each after a single slice.
    for ended, started in ((turns[0], turns[2]), (turns[1], reader), (turns[2], other)):
        assert not started.come
        line.end(ended)
        assert started.come
    assert not turns[3].come
    # Whoever hangs up while waiting is forgotten.
    for turn in turns[3:]:
        line.end(turn)
    assert len(line) == 0


def test_no_more_than_two_turns_at_once_and_none_is_lost() -> None:
    line = ReplayLine(at_once=2)
    turns = [line.ask(f"client {number % 7}") for number in range(40)]
    waiting = set(turns)
    while waiting:
        running = [turn for turn in waiting if turn.come]
        assert len(running) == min(2, len(waiting))
        line.end(running[0])
        waiting.remove(running[0])
    assert line.ask("next").come


class Replay:
    """A replay of topics from the beginning, on a clock of its own."""

    def __init__(self, system: SystemHarness, names: str = "space.topic", **start: Position) -> None:
        self.seconds = 0.0
        self.rests = 0
        with system.app.app_context():
            source = broadcaster()
        streams = [STREAMS[name] for name in names.split(",")]
        begin = {stream.name: start.get(stream.kind, Position(offset=0)) for stream in streams}
        self.reader = Reader(
            source, system.services, streams, begin, "http://space.test", "peer:a", self._now, self._rest
        )
        self.texts = self.reader.messages()
        assert next(self.texts) == sse.HEARTBEAT

    def _now(self) -> float:
        return self.seconds

    def _rest(self, seconds: float) -> None:
        self.rests += 1

    def past(self) -> list[str]:
        """The messages until the past has been sent."""
        found: list[str] = []
        for text in self.texts:
            if text == sse.CAUGHT_UP:
                return found
            found.append(text)
        raise AssertionError("the stream ended")


def open_topics(system: SystemHarness, count: int) -> None:
    amina = system.robot("Amina")
    for number in range(count):
        body = {"language": "en", "title": f"Topic {number}", "body": "Body of it.", "category": "help"}
        assert amina.post("/topics", body).status_code == 201
    system.drain()


def test_a_replay_rests_after_each_slice(system: SystemHarness) -> None:
    open_topics(system, 6)
    events = system.services.forum.log_end()
    system.set_live(LiveOptions(slice=2))
    replay = Replay(system)
    assert len(replay.past()) == 6
    assert replay.rests == ceil(events / 2)


def test_a_slice_ends_where_its_messages_are_many_bytes(system: SystemHarness) -> None:
    open_topics(system, 4)
    system.set_live(LiveOptions(slice=100, slice_bytes=1))
    replay = Replay(system, "space.topic,space.post")
    assert len(replay.past()) == 8
    assert replay.rests == 8


def test_a_replay_waits_for_its_turn_and_shows_meanwhile_that_it_is_there(system: SystemHarness) -> None:
    open_topics(system, 3)
    system.set_live(LiveOptions(heartbeat=0.01, slice=1))
    with system.app.app_context():
        line = broadcaster().replays
    turns = [line.ask("peer:b") for _ in range(3)]
    replay = Replay(system)
    assert [next(replay.texts) for _ in range(3)] == [sse.HEARTBEAT] * 3
    for turn in turns:
        line.end(turn)
    assert [text for text in replay.past() if text != sse.HEARTBEAT][2:]
    assert len(line) == 0


def test_a_replay_that_is_closed_while_it_waits_leaves_the_line(system: SystemHarness) -> None:
    open_topics(system, 1)
    system.set_live(LiveOptions(heartbeat=0.01, replays=1))
    with system.app.app_context():
        line = broadcaster().replays
    turn = line.ask("peer:b")
    replay = Replay(system)
    assert next(replay.texts) == sse.HEARTBEAT
    assert len(line) == 1
    replay.texts.close()  # type: ignore[attr-defined]
    assert len(line) == 0
    line.end(turn)
    assert len(Replay(system).past()) == 1


def test_who_reads_slowly_keeps_nobody_waiting_and_is_dropped(system: SystemHarness) -> None:
    open_topics(system, 4)
    system.set_live(LiveOptions(slice=6, replays=1))
    names = "space.topic,space.post"
    slow, quick = Replay(system, names), Replay(system, names)
    seen = [next(slow.texts)]
    assert len(quick.past()) == 8
    slow.seconds += LiveOptions().slow + 1
    seen += slow.texts
    assert 1 < len(seen) < 8, "what was left of its slice, and no more"
    # It goes on where it was.
    last_id = positions(seen[-1].split("\n")[1].removeprefix("id: "))
    again = Replay(system, names, topic=last_id["space.topic"], post=last_id["space.post"])
    assert len(seen + again.past()) == 8


def test_what_is_new_comes_from_memory_without_a_turn(system: SystemHarness) -> None:
    system.set_live(LiveOptions(replays=1))
    replay = Replay(system)
    replay.past()
    with system.app.app_context():
        turn = broadcaster().replays.ask("peer:b")
    rests = replay.rests
    open_topics(system, 1)
    assert "Topic 0" in next(replay.texts)
    assert replay.rests == rests
    with system.app.app_context():
        broadcaster().replays.end(turn)


def test_the_id_of_each_message_says_where_each_producer_stands(system: SystemHarness) -> None:
    """Taken from the middle of a replay, by offset or by time alone, it skips nothing of the producer behind."""
    amina = system.robot("Amina")
    event = {"language": "en", "title": "Walk", "body": "x", "minutes": 60, "timezone": "UTC"}
    for number in range(6):
        open_topics(system, 1)
        when = {"start": f"2031-05-0{number + 1}T10:00", "online_url": "https://meet.test/"}
        assert amina.post("/events", {**event, **when}).status_code == 201
    system.drain()
    system.set_live(LiveOptions(slice=4))
    names = "space.topic,space.event"
    texts = Replay(system, names).past()
    wanted = [identity_of(text) for text in texts]
    assert len(set(wanted)) == 12
    for read in range(1, len(texts)):
        last_id = json.loads(texts[read - 1].split("\n")[1].removeprefix("id: "))
        by_time = [{**place, "offset": None} for place in last_id if "timestamp" in place]
        for header, begin in ((last_id, {}), (by_time, {"topic": Position(0), "event": Position(0)})):
            found = {name.removeprefix("space."): at for name, at in positions(json.dumps(header)).items()}
            rest = Replay(system, names, **{**begin, **found}).past()
            assert set(wanted[:read]) | {identity_of(text) for text in rest} == set(wanted)


def identity_of(text: str) -> str:
    identity: str = json.loads(text.split("\n")[2].removeprefix("data: "))["meta"]["id"]
    return identity


def test_a_service_that_is_away_in_the_middle_of_a_slice_costs_no_message(system: SystemHarness) -> None:
    open_topics(system, 3)
    system.set_live(LiveOptions(retry=0.0))
    forum = OftenAway(system.services.forum)
    system.services = replace(system.services, forum=cast(ForumApi, forum))
    texts = Replay(system).past()
    assert [f"Topic {number}" in text for number, text in enumerate(texts)] == [True] * 3
    assert forum.asked > 3


class OftenAway:
    """A forum that does not reply to every second question for a topic."""

    def __init__(self, forum: ForumApi) -> None:
        self._forum = forum
        self.asked = 0

    def __getattr__(self, method: str) -> Any:
        return getattr(self._forum, method)

    def topic(self, *arguments: Any) -> TopicView:
        self.asked += 1
        if self.asked % 2 == 0:
            raise Unavailable("service-away", params={"service": "forum"})
        return self._forum.topic(*arguments)
