"""A program of others follows a whole space: what was, what happens, what it missed; nothing of a group."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.bus.outside_program import RunningConsumer, account
from tests.story.harness import RunningSpace
from tests.story.person import Person, eventually

TYPES = "blog.article.*,forum.topic.*,forum.post.*,events.event.*"
SECONDS = 120


@pytest.mark.slow
@pytest.mark.timeout(600)  # whoever comes first waits for the space
@pytest.mark.parametrize("space", ["distributed"], indirect=True)
def test_the_example_consumer_follows_the_system(space: RunningSpace, tmp_path: Path) -> None:
    mark = secrets.token_hex(4)
    member = Person.newcomer(space, "Neighbour")
    group = member.post("groups", {"slug": f"g-{mark}", "kind": "hidden", "language": "en", "name": "Quiet"})

    def write(title: str, **more: str) -> str:
        body = {"language": "en", "title": f"{title} {mark}", "body": "Look.", "category": "general"}
        return str(member.post("topics", {**body, **more})["id"])

    with account("story") as outside:
        consumer = RunningConsumer(outside, tmp_path / "events.sqlite", space.url, TYPES)

        def told(topic: str) -> int:
            return sum(subject == f"topic/{topic}" or topic in body for subject, body in consumer.entries())

        with consumer.running():
            # The demo was there before: its 60 topics, 400 posts and all the rest come by the streams.
            eventually(lambda: len(consumer.entries()) > 460, SECONDS)
            eventually(outside.consumed, SECONDS)
            live = write("Live")
            eventually(lambda: told(live) == 2)  # the topic and its first post
            inside = write("Secret", audience=group["audience"])
            after = write("After")
            eventually(lambda: told(after) == 2)
        outside.delete_queue()
        missed = write("Missed")
        with consumer.running():
            eventually(lambda: told(missed) == 2, SECONDS)
            eventually(outside.consumed, SECONDS)
        assert told(inside) == 0
        assert not [body for _, body in consumer.entries() if group["id"] in body]
        # The last ten minutes came by both ways, and each event by one name: so each acted once.
        assert told(live) == told(after) == told(missed) == 2
        assert len(consumer.ids()) == len(set(consumer.ids()))
