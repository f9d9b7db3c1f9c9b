"""The counts of unread notifications that the gateway keeps are those that notify would tell now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from contracts.common import Recorded
from contracts.errors import Unavailable
from contracts.notify import FollowsChanged, FollowView, Notified, NotifyApi, PeopleNotified
from core import clock
from core.audience import Viewer
from gateway.cache.log_ends import LogEnds
from gateway.cache.watched import watched
from gateway.own_state import FollowStates, UnreadCounts
from tests.unit.gateway.fakes import FakeServices
from tests.unit.gateway.harness import MemoryEventListener

READ = Notified(person_id="a" * 16, unread=0)
AMINA, BORIS = Viewer(person_id="a" * 16, name="Amina"), Viewer(person_id="b" * 16, name="Boris")


class Counts:
    """Counts before a notify service that says 3, and whose log has one event."""

    def __init__(self, keep: bool = True) -> None:
        self.now = 0.0
        self.listener, fakes = MemoryEventListener(), FakeServices()
        self.notify = fakes.notify
        self.notify.answers.update(unread=3, log_end=1, events_after=Unavailable())
        self.ends = LogEnds(replace(fakes.services, listener=self.listener), now=lambda: self.now)
        self.counts = UnreadCounts(self.ends if keep else None)
        self.follows = FollowStates(self.ends if keep else None)
        assert self.of(AMINA) == self.of(BORIS) == 3
        self.notify.calls.clear()

    def of(self, viewer: Viewer) -> int:
        return self.counts.of(viewer, cast(NotifyApi, self.notify))

    def asked(self) -> int:
        return len(self.notify.called("unread"))

    def happen(self, seq: int, event: Notified | PeopleNotified | FollowsChanged) -> None:
        self.notify.answers["log_end"] = seq
        self.listener.publish(self.recorded(seq, event))

    def recorded(self, seq: int, event: Notified | PeopleNotified | FollowsChanged) -> Recorded:
        return Recorded(
            producer="notify", seq=seq, id=f"{seq:016}", type=event.type, version=1, subject=event.subject(),
            audience="members", occurred_at=clock.now(), data=event.model_dump(mode="json"),
        )  # fmt: skip


@pytest.fixture
def kept() -> Counts:
    return Counts()


def test_a_count_is_asked_for_once(kept: Counts) -> None:
    for _ in range(3):
        kept.now += 5
        assert kept.of(AMINA) == 3
    assert kept.asked() == 0


@pytest.mark.parametrize(
    "event", [Notified(person_id="a" * 16, unread=4), PeopleNotified(person_ids=["a" * 16, "c" * 16])]
)
def test_an_event_drops_the_counts_of_whom_it_names(
    kept: Counts, event: Notified | PeopleNotified | FollowsChanged
) -> None:
    kept.notify.answers["unread"] = 4
    kept.happen(2, event)
    assert (kept.of(AMINA), kept.of(BORIS), kept.asked()) == (4, 3, 1)


def test_events_that_were_missed_drop_all(kept: Counts) -> None:
    kept.notify.answers.update(unread=4, log_end=2)
    assert kept.of(AMINA) == 3, "it is not known yet"
    kept.ends.doubt("notify")
    assert (kept.of(AMINA), kept.of(BORIS)) == (4, 4)
    kept.notify.answers["unread"] = 5
    kept.happen(4, Notified(person_id="c" * 16, unread=1))
    assert (kept.of(AMINA), kept.of(BORIS)) == (5, 5)


def test_a_count_that_an_event_overtook_is_not_kept(kept: Counts) -> None:
    def unread(_: Any) -> int:
        kept.happen(3, Notified(person_id="a" * 16, unread=5))
        kept.notify.answers["unread"] = 5
        return 4

    kept.happen(2, Notified(person_id="a" * 16, unread=4))
    kept.notify.answers["unread"] = unread
    assert [kept.of(AMINA), kept.of(AMINA)] == [4, 5]


def test_other_groups_have_another_count(kept: Counts) -> None:
    kept.notify.answers["unread"] = 2
    assert kept.of(AMINA.model_copy(update={"groups": frozenset({"g" * 16})})) == 2


def test_after_an_own_call_the_log_is_asked_for_its_end(kept: Counts) -> None:
    notify = watched(cast(NotifyApi, kept.notify), NotifyApi, lambda: kept.ends.doubt("notify"))

    def mark_read(*_: Any) -> None:
        kept.notify.answers.update(log_end=2, unread=0, events_after=[kept.recorded(2, READ)])
        raise Unavailable("service-away")

    kept.notify.answers["mark_read"] = mark_read
    with pytest.raises(Unavailable):
        notify.mark_read(AMINA, None)
    assert (kept.of(AMINA), kept.of(BORIS)) == (0, 3), "it took effect though no reply came"


def test_nothing_counts_while_notify_is_away(kept: Counts) -> None:
    kept.now += 1.1
    kept.notify.answers.update(log_end=Unavailable("service-away"), unread=Unavailable("service-away"))
    with pytest.raises(Unavailable):
        kept.of(AMINA)


def test_without_keeping_it_is_asked_for_each_time() -> None:
    counts = Counts(keep=False)
    assert [counts.of(AMINA), counts.of(AMINA), counts.asked()] == [3, 3, 2]


def test_what_one_follows_is_asked_for_once_and_again_after_it_changed(kept: Counts) -> None:
    def followed(viewer: Viewer, id: str) -> FollowView | None:
        return kept.follows.of(viewer, "topic", id, cast(NotifyApi, kept.notify))

    follow = FollowView(kind="topic", id="t" * 16, level="normal", since=clock.now())
    kept.notify.answers["follow_state"] = None
    for _ in range(2):
        assert followed(AMINA, "t" * 16) is followed(BORIS, "t" * 16) is None
    assert len(kept.notify.called("follow_state")) == 2
    kept.notify.answers["follow_state"] = follow
    kept.happen(2, FollowsChanged(person_ids=["a" * 16]))
    assert [followed(AMINA, "t" * 16), followed(BORIS, "t" * 16)] == [follow, None]
    assert kept.of(AMINA) == 3, "their count did not change"
    assert kept.asked() == 0
