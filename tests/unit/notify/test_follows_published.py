"""Whose follows have changed is published, and only that, so that whoever keeps what they follow learns of it."""

from __future__ import annotations

from contracts.events import EventCreated
from core.database import Database
from services.notify import actions
from tests.unit.notify.harness import NotifyHarness


def test_following_changing_the_level_and_ending_it_are_each_published_once(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam")
    for level in ("normal", "normal", "muted"):
        harness.follow("sam", "tag", "maps", level)
    assert harness.follows_changed() == ["sam", "sam"]
    for _ in range(2):
        with database.writing() as session:
            actions.unfollow(session, harness.viewer("sam"), "tag", "maps")
    assert harness.follows_changed() == ["sam", "sam", "sam"]


def test_who_writes_follows_from_the_first_time_on(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    assert harness.follows_changed() == ["sam"]
    harness.reply(topic, "noa", "Yes")
    harness.reply(topic, "noa", "And no")
    assert harness.follows_changed() == ["sam", "noa"]
    event = harness.event("noa")
    harness.handle(EventCreated(event=event, by_id=event.author_id))
    assert harness.follows_changed() == ["sam", "noa", "noa"]
