"""The example consumer's parts, without a broker."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.check import FOLDER
from tests import streams
from wiki.consumer import __main__ as command
from wiki.consumer.events import ReceivedEvent, from_queue, stream
from wiki.consumer.settings import Settings
from wiki.consumer.store import Store

RECEIVED = ReceivedEvent("0k4f9b6g", "forum.post.created", "topic/0k4c2h8m", "2026-03-06T06:00:01Z", "{}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "events.sqlite")
    yield opened
    opened.close()


def rows(tmp_path: Path) -> list[tuple[str]]:
    database = sqlite3.connect(tmp_path / "events.sqlite")
    try:
        return database.execute("SELECT type FROM entry").fetchall()
    finally:
        database.close()


def test_an_event_takes_effect_once(store: Store, tmp_path: Path) -> None:
    assert [store.handle(RECEIVED), store.handle(RECEIVED)] == [True, False]
    assert rows(tmp_path) == [("forum.post.created",)]


def test_an_effect_that_fails_is_undone_with_its_proof(store: Store, tmp_path: Path) -> None:
    broken = ReceivedEvent(RECEIVED.id, object(), "", "", "")  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        store.handle(broken)
    assert store.handle(RECEIVED)
    assert len(rows(tmp_path)) == 1


def test_moments_are_kept_and_forgotten(store: Store) -> None:
    moment = datetime(2026, 3, 6, 6, tzinfo=UTC)
    store.remember("alive", moment)
    store.remember("alive", moment.replace(hour=7))
    assert store.recall("alive") == moment.replace(hour=7)
    store.remember("alive", None)
    assert store.recall("alive") is None


@pytest.mark.parametrize("path", sorted((FOLDER / "samples").glob("*.json")), ids=lambda path: path.name)
def test_every_published_sample_is_understood(path: Path) -> None:
    received = from_queue(path.read_bytes())
    sample = json.loads(path.read_text(encoding="utf-8"))
    assert received is not None
    assert (received.id, received.type, received.subject, received.time) == tuple(
        sample[name] for name in ("id", "type", "subject", "time")
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"text"', b'{"specversion": "2.0"}', b"{}"])
def test_a_message_that_is_no_event_is_passed_over(body: bytes) -> None:
    assert from_queue(body) is None


def test_a_stream_is_read_until_it_says_that_it_has_told_all() -> None:
    with streams.running() as server:
        server.events = [
            ("space.article", "old", "2026-03-01T00:00:00Z"),
            ("space.article", "one", "2026-03-06T06:00:00Z"),
            ("space.post", "another's", "2026-03-06T06:00:00Z"),
            ("space.article", "two", "2026-03-07T06:00:00Z"),
        ]
        since = datetime(2026, 3, 5, tzinfo=UTC)
        received = list(stream(f"{server.url}/v2/stream/space.article", since))
    assert [(event.id, event.time) for event in received] == [
        ("one", "2026-03-06T06:00:00Z"),
        ("two", "2026-03-07T06:00:00Z"),
    ]
    assert server.asked == [("space.article", since)]


def test_a_stream_that_breaks_off_is_not_taken_for_its_end() -> None:
    with streams.running() as server:
        server.ending = True
        with pytest.raises(ConnectionError):
            list(stream(f"{server.url}/v2/stream/space.article", datetime(2026, 3, 5, tzinfo=UTC)))


@pytest.mark.slow
def test_a_stream_that_hangs_is_not_taken_for_its_end() -> None:
    with streams.running() as server:
        server.hanging = True
        with pytest.raises(TimeoutError):
            list(
                stream(f"{server.url}/v2/stream/space.article", datetime(2026, 3, 5, tzinfo=UTC), silence=0.3)
            )


def test_streams_follow_from_the_types() -> None:
    environment = {
        "CONSUMER_AMQP_URL": "amqp://",
        "CONSUMER_QUEUE": "outside.x",
        "CONSUMER_SPACE_URL": "http://127.0.0.1/",
    }
    assert Settings.from_environment(environment).streams == [
        "space.article",
        "space.event",
        "space.post",
        "space.topic",
    ]
    chosen = Settings.from_environment(
        {**environment, "CONSUMER_TYPES": "forum.post.created,forum.post.changed"}
    )
    assert chosen.streams == ["space.post"]
    assert chosen.space_url == "http://127.0.0.1"


def test_a_missing_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CONSUMER_AMQP_URL", "amqp://")
    monkeypatch.delenv("CONSUMER_QUEUE", raising=False)
    assert command.main() == 2
    assert "CONSUMER_QUEUE is not set" in caplog.text
