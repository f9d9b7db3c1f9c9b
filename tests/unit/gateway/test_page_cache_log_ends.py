"""What is known of the logs stays right whatever the listener misses, doubles or mixes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.common import Recorded
from contracts.errors import Unavailable
from gateway.cache.log_ends import MOST_MISSED, MOST_NAMES, LogEnds
from tests.unit.gateway.fakes import FakeServices
from tests.unit.gateway.harness import MemoryEventListener

pytestmark = pytest.mark.slow

BLOG = frozenset({"blog"})


class Logged:
    """A log of the blog, and what a gateway knows of it. Each article is the one that its number is of."""

    def __init__(self, events: int = 5, **options: Any) -> None:
        fakes = FakeServices()
        self.blog, self.listener = fakes.blog, MemoryEventListener()
        self.log = [event(seq, "old") for seq in range(1, events + 1)]
        self.blog.answers |= {
            "log_end": lambda: len(self.log),
            "events_after": lambda seq, limit: self.log[seq : seq + limit],
        }
        self.ends = LogEnds(replace(fakes.services, listener=self.listener), **options)
        self.ends.prove(BLOG)
        self.began = self.ends.known

    def happen(self, article: str) -> Recorded:
        """Something changes an article; nobody has told the gateway yet."""
        self.log.append(event(len(self.log) + 1, article))
        return self.log[-1]

    def right(self, *names: str) -> bool:
        """Whether a page that read these at the beginning is right."""
        return not self.ends.changed_since(self.began, {"blog": set(names)})


def event(seq: int, article: str, kind: str = "blog.article.changed") -> Recorded:
    return Recorded(
        producer="blog", seq=seq, id=str(seq), type=kind, version=1, subject=f"article/{article}", audience="public",
        occurred_at=datetime(2026, 5, 4, tzinfo=UTC), data={"article": {"id": article, "status": "draft"}},
    )  # fmt: skip


@pytest.fixture
def logged() -> Logged:
    return Logged()


def test_an_event_ends_what_it_changed_alone(logged: Logged) -> None:
    assert logged.right("article:a", "unpublished", "*")
    logged.listener.publish(logged.happen("a"))
    assert not logged.right("article:a")
    assert not logged.right("article:b", "unpublished")
    assert not logged.right("*")
    assert logged.right("article:b", "published")
    assert logged.right()


def test_an_unknown_event_ends_everything_but_what_reads_nothing(logged: Logged) -> None:
    logged.listener.publish(event(6, "a", "blog.article.merged"))
    assert not logged.right("article:b")
    assert logged.right()


def test_what_was_asked_for_after_an_event_knows_of_it(logged: Logged) -> None:
    logged.listener.publish(logged.happen("a"))
    logged.began = logged.ends.known
    assert logged.right("article:a", "*")


def test_missed_events_are_read_from_the_log(logged: Logged) -> None:
    logged.happen("a")
    logged.ends.doubt()
    assert logged.ends.prove(BLOG)
    assert (logged.right("article:a"), logged.right("article:b")) == (False, True)
    assert logged.blog.called("events_after") == [(5, 1)]


def test_a_gap_before_an_event_is_seen_without_a_doubt(logged: Logged) -> None:
    logged.happen("a")
    logged.listener.publish(logged.happen("b"))
    assert logged.right("article:a"), "nobody can know yet"
    assert logged.ends.prove(BLOG)
    assert not logged.right("article:a")
    assert logged.right("article:c")


@pytest.mark.parametrize(
    "answer",
    [Unavailable("service-away"), [], lambda seq, limit: [event(seq + 2, "b")]],
    ids=["away", "empty", "with a gap"],
)
def test_events_that_are_not_found_may_have_changed_everything(
    logged: Logged, answer: Exception | list[Recorded] | Callable[..., list[Recorded]]
) -> None:
    logged.happen("a")
    logged.happen("b")
    logged.blog.answers["events_after"] = answer
    logged.ends.doubt()
    assert logged.ends.prove(BLOG)
    assert not logged.right("article:c")


def test_a_gap_counts_while_the_service_is_away(logged: Logged) -> None:
    logged.blog.answers["log_end"] = Unavailable("service-away")
    logged.ends.doubt()
    assert not logged.ends.prove(BLOG)
    assert logged.right("article:a"), "nothing is known that ended it"
    logged.happen("a")
    logged.listener.publish(logged.happen("b"))
    assert not logged.ends.prove(BLOG)
    assert not logged.right("article:a")


def test_many_missed_events_are_not_read(logged: Logged) -> None:
    for _ in range(MOST_MISSED + 1):
        logged.happen("a")
    logged.ends.doubt()
    assert logged.ends.prove(BLOG)
    assert not logged.right("article:b")
    assert logged.blog.called("events_after") == []


def test_a_log_of_before_the_start_is_not_read(logged: Logged) -> None:
    assert logged.blog.called("events_after") == []
    assert logged.ends.known["blog"] == 5


def test_a_doubt_during_a_proof_is_not_lost(logged: Logged) -> None:
    def log_end() -> int:
        logged.ends.doubt()  # somebody writes while the answer is on its way
        return 5

    logged.blog.answers["log_end"] = log_end
    logged.ends.doubt()
    assert logged.ends.prove(BLOG)
    logged.blog.answers["log_end"] = lambda: len(logged.log)
    logged.happen("a")
    assert logged.ends.prove(BLOG)
    assert not logged.right("article:a")


def test_a_write_to_one_service_gives_no_reason_to_ask_another() -> None:
    logged = Logged(now=lambda: 0.0)

    def log_end() -> int:
        logged.ends.doubt("forum")  # somebody writes there while the answer is on its way
        return 5

    logged.blog.answers["log_end"] = log_end
    logged.ends.doubt("blog")
    assert logged.ends.prove(BLOG)
    logged.blog.answers["log_end"] = Unavailable("service-away")
    assert logged.ends.prove(BLOG)
    logged.ends.doubt("blog")
    assert not logged.ends.prove(BLOG)


def test_what_is_remembered_is_bounded() -> None:
    logged = Logged()
    for number in range(MOST_NAMES + 10):
        logged.listener.publish(logged.happen(f"{number}"))
    middle = logged.ends.known["blog"] - MOST_NAMES // 4
    assert not logged.right("article:not-there"), "what is forgotten may be this"
    assert not logged.ends.changed_since({"blog": middle}, {"blog": {"article:not-there"}})
    assert logged.ends.changed_since({"blog": middle}, {"blog": {f"article:{MOST_NAMES + 9}"}})


@given(st.data())
def test_whatever_the_listener_does_no_page_is_right_that_is_not(data: st.DataObject) -> None:
    """Events come late, twice, in any order or not at all, and the page is proved now and then."""
    logged = Logged(seconds=0)
    articles = st.sampled_from("abc")
    waiting: list[Recorded] = []
    pages: list[tuple[str, int]] = []
    for _ in range(data.draw(st.integers(1, 25))):
        step = data.draw(st.sampled_from(["happen", "happen", "arrive", "lose", "render", "read"]))
        if step == "happen":
            waiting.append(logged.happen(data.draw(articles)))
        elif step in ("arrive", "lose") and waiting:
            late = data.draw(st.sampled_from(waiting))
            if step == "arrive":
                logged.listener.publish(late)
            if step == "lose" or data.draw(st.booleans()):
                waiting.remove(late)
        elif step == "render":
            logged.ends.prove(BLOG)
            pages.append((data.draw(articles), logged.ends.known["blog"]))
        elif step == "read":
            logged.ends.prove(BLOG)
            for article, since in pages:
                changed = any(each.data["article"]["id"] == article for each in logged.log[since:])
                ended = logged.ends.changed_since({"blog": since}, {"blog": {f"article:{article}"}})
                assert ended == changed
    assert all(second.seq == first.seq + 1 for first, second in pairwise(logged.log))
