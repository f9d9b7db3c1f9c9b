"""Nobody is notified of the acts of whom they have blocked or muted."""

from __future__ import annotations

import pytest

from contracts.blocks import BlockChanged, BlockLevel
from contracts.forum import TopicDeleted
from tests.unit.notify.harness import NotifyHarness


def block(harness: NotifyHarness, person: str, other: str, level: BlockLevel | None) -> None:
    harness.handle(BlockChanged(person_id=harness.ids[person], other_id=harness.ids[other], level=level))


@pytest.mark.parametrize("level", ["mute", "block"])
def test_a_mention_a_reply_and_a_follow_tell_nothing(harness: NotifyHarness, level: BlockLevel) -> None:
    harness.people("sam", "noa", "uli")
    topic = harness.open_topic("sam")
    harness.follow("uli", "person", harness.ids["noa"])
    block(harness, "sam", "noa", level)
    harness.reply(topic, "noa", "Look, @sam and @uli!", mentions=["sam", "uli"])
    assert harness.notifications("sam") == []
    assert len(harness.notifications("uli")) == 1
    harness.reply(topic, "uli", "I agree.")
    assert len(harness.notifications("sam")) == 1
    block(harness, "sam", "noa", None)
    harness.reply(topic, "noa", "Once more, @sam", mentions=["sam"])
    assert len(harness.notifications("sam")) == 2


def test_it_is_one_way(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("noa")
    block(harness, "sam", "noa", "block")
    harness.reply(topic, "sam", "Hello, @noa", mentions=["noa"])
    assert len(harness.notifications("noa")) == 1


def test_whom_one_blocks_no_longer_follows_one(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    harness.follow("noa", "person", harness.ids["sam"])
    block(harness, "sam", "noa", "mute")
    harness.open_topic("sam")
    assert len(harness.notifications("noa")) == 1
    block(harness, "sam", "noa", "block")
    harness.open_topic("sam")
    assert len(harness.notifications("noa")) == 1


def test_a_decision_of_moderators_arrives_whoever_made_it(harness: NotifyHarness) -> None:
    harness.people("sam", "mod")
    topic = harness.open_topic("sam")
    block(harness, "sam", "mod", "block")
    harness.handle(TopicDeleted(topic=topic, by_id=harness.ids["mod"], reason="spam"))
    (told,) = harness.notifications("sam")
    assert (told.what, told.actor_id) == ("forum.topic.deleted", None)
