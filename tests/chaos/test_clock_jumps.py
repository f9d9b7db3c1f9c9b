"""The clocks of running services are put forward by hours, and back: events take effect once and in order, what is held
is tried again, and no deadline moves."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.chaos import store
from tests.chaos.control import PATIENCE
from tests.chaos.harness import World

HOURS = 3600.0


def scenario(world: World, hours: float = 6) -> None:
    world.total = 20_000
    world.start(poison=["own 7"])
    world.wait(lambda: store.held_in(world.beta))
    # One clock ahead and the other behind, then the other way round; in one process both jump alike.
    for ahead in (hours, -hours):
        tries = store.tries(world.beta)
        jump(world, both=ahead, alpha=ahead, beta=-ahead)
        # What is held waits by the clock, and must not wait for the hours.
        wait_for_another_try(world, tries)
    world.command(poison=[])
    jump(world, both=0, alpha=0, beta=0)
    world.enough()
    world.drain()
    moments = [event.occurred_at for event in store.fetch_from(world.alpha)(0, 1_000_000)]
    steps = [after - before for before, after in pairwise(moments)]
    # The log was written by those clocks, and its order is not theirs.
    assert max(steps) > timedelta(hours=hours) * 0.9
    assert min(steps) < timedelta(hours=hours) * -1.8
    for left in times_left(world):
        assert 0 < left <= PATIENCE


def jump(world: World, **hours: float) -> None:
    """Put the clocks, and let some notes be written by them."""
    before = len(times_left(world))
    world.command(shift={name: each * HOURS for name, each in hours.items()})
    running = 1 if world.way == "embedded" else 2
    world.wait(lambda: len(times_left(world)) == before + running)
    written = world.written()
    world.wait(lambda: world.written() > written + 10)


def wait_for_another_try(world: World, tries: int) -> None:
    world.wait(lambda: store.tries(world.beta) > tries)


def times_left(world: World) -> list[float]:
    """With how much of its deadline each call was left across whose beginning a clock jumped."""
    lines = [line for told in world.home.glob("jumps-*.txt") for line in told.read_text().splitlines()]
    return [float(line.split()[1]) for line in lines]


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_clocks_jump(world: World) -> None:
    scenario(world)
