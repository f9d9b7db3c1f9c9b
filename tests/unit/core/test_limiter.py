"""How much one client may ask for: units that come back at a steady rate."""

from __future__ import annotations

import pytest

from core.limiter import Budget, Limiter
from core.turns import Turns
from gateway.limits.clients import KnownTokens
from gateway.limits.costs import COSTS, OF_A_PEER, OF_A_PERSON, READ, WRITE, cost_of


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


BUDGET = Budget(burst=10, per_second=2)


def test_a_burst_passes_and_then_what_comes_back() -> None:
    clock = Clock()
    limiter = Limiter(clock)
    assert [limiter.spend("a", 5, BUDGET) for _ in range(3)] == [0, 0, 2.5]
    assert limiter.spend("b", 10, BUDGET) == 0
    clock.seconds += 2
    assert limiter.spend("a", 5, BUDGET) == 0.5
    clock.seconds += 0.5
    assert limiter.spend("a", 5, BUDGET) == 0
    clock.seconds += 1000
    assert [limiter.spend("a", 5, BUDGET) for _ in range(3)] == [0, 0, 2.5]


def test_what_is_refused_costs_nothing_and_the_wait_that_is_told_is_enough() -> None:
    clock = Clock()
    limiter = Limiter(clock)
    for _ in range(10):
        limiter.spend("a", 1, BUDGET)
    waits = {limiter.spend("a", 3, BUDGET) for _ in range(100)}
    assert waits == {1.5}
    assert limiter.wait("a", 3, BUDGET) == 1.5
    clock.seconds += 1.5
    assert limiter.wait("a", 3, BUDGET) == 0
    assert limiter.spend("a", 3, BUDGET) == 0


def test_what_costs_more_than_the_burst_needs_all_of_it() -> None:
    limiter = Limiter(Clock())
    assert limiter.spend("a", 25, BUDGET) == 0
    assert limiter.spend("a", 25, BUDGET) == 12.5


def test_clients_are_forgotten_once_their_burst_is_whole_and_memory_is_bounded() -> None:
    clock = Clock()
    limiter = Limiter(clock, most=100)
    for number in range(100):
        limiter.spend(f"early {number}", 10, BUDGET)
    clock.seconds += 5
    limiter.spend("late", 10, BUDGET)
    assert len(limiter) == 1
    for number in range(1000):
        limiter.spend(f"spray {number}", 1, BUDGET)
        assert len(limiter) <= 100
    assert limiter.spend("late", 1, BUDGET) > 0, "who has spent most is remembered longest"


def test_what_is_charged_afterwards_may_be_more_than_there_is() -> None:
    clock = Clock()
    limiter = Limiter(clock)
    limiter.charge("a", BUDGET.burst * 3, BUDGET)
    assert limiter.wait("a", 0, BUDGET) == pytest.approx(BUDGET.burst * 2 / BUDGET.per_second)
    clock.seconds += BUDGET.burst * 2 / BUDGET.per_second
    assert limiter.wait("a", 0, BUDGET) == 0
    limiter.charge("b", 0.01, BUDGET)
    assert limiter.wait("b", 0, BUDGET) == 0


def test_every_cost_is_of_a_budget_and_fits_into_its_burst() -> None:
    for cost in (READ, WRITE, *COSTS.values()):
        for budgets in (OF_A_PERSON, OF_A_PEER):
            assert 0 < cost.units <= budgets[cost.kind].burst / 10
    assert cost_of(None, "GET") == cost_of("home.home", "HEAD") == READ
    assert cost_of("talk_writing.reply", "POST") == WRITE
    assert cost_of("api.create_token", "POST").units > cost_of("search.search", "GET").units > READ.units
    assert cost_of("api.create_token", "OPTIONS") == READ


def test_turns_are_limited_for_each_key_and_those_who_cannot_wait_are_refused() -> None:
    turns = Turns(at_once=2, waiting=1)
    assert turns.take("a", 0)
    assert turns.take("a", 0)
    assert not turns.take("a", 0)
    assert turns.take("b", 0)
    turns.give_back("a")
    assert turns.take("a", 0)
    for key in ("a", "a", "b"):
        turns.give_back(key)
    assert len(turns) == 0


def test_a_confirmed_token_is_known_for_a_while_and_their_number_is_bounded() -> None:
    clock = Clock()
    known = KnownTokens(clock, most=2)
    known.confirm("one", "1")
    assert known.person("one") == "1"
    clock.seconds += 601
    assert known.person("one") is None
    for digest in ("two", "three", "four"):
        known.confirm(digest, digest)
    assert [known.person(each) for each in ("two", "three", "four")] == [None, "three", "four"]


@pytest.mark.parametrize("kind", ["read", "work", "write"])
def test_a_school_behind_one_address_has_more_than_one_person(kind: str) -> None:
    assert OF_A_PEER[kind].burst >= OF_A_PERSON[kind].burst  # type: ignore[index]
    assert OF_A_PEER[kind].per_second >= OF_A_PERSON[kind].per_second  # type: ignore[index]
