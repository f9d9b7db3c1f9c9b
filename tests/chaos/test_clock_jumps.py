"""The clocks of running services are set forward by hours, and back: events take effect once and in order, failed ones
are retried, and no deadline moves."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.chaos import store
from tests.chaos.control import CALL_SECONDS
from tests.chaos.harness import ChaosSystem

HOURS = 3600.0


def scenario(system: ChaosSystem, hours: float = 6) -> None:
    system.total = 20_000
    system.start(poison=["own 7"])
    system.wait(lambda: store.failed_subjects_in(system.beta))
    # One clock ahead and the other behind, then the other way round; in one process both jump alike.
    for ahead in (hours, -hours):
        tries = store.most_attempts(system.beta)
        jump(system, both=ahead, alpha=ahead, beta=-ahead)
        # Retries are due by the clock, but must not wait for hours.
        wait_for_another_try(system, tries)
    system.command(poison=[])
    jump(system, both=0, alpha=0, beta=0)
    system.stop_writing()
    system.drain()
    moments = [event.occurred_at for event in store.fetch_from(system.alpha)(0, 1_000_000)]
    steps = [after - before for before, after in pairwise(moments)]
    # The log was written by those clocks, and its order is not theirs.
    assert max(steps) > timedelta(hours=hours) * 0.9
    assert min(steps) < timedelta(hours=hours) * -1.8
    for left in times_left(system):
        assert 0 < left <= CALL_SECONDS


def jump(system: ChaosSystem, **hours: float) -> None:
    """Shift the clocks, and wait until some notes are written with them."""
    before = len(times_left(system))
    system.command(shift={name: each * HOURS for name, each in hours.items()})
    running = 1 if system.way == "embedded" else 2
    system.wait(lambda: len(times_left(system)) == before + running)
    written = system.written()
    system.wait(lambda: system.written() > written + 10)


def wait_for_another_try(system: ChaosSystem, tries: int) -> None:
    system.wait(lambda: store.most_attempts(system.beta) > tries)


def times_left(system: ChaosSystem) -> list[float]:
    """The seconds left to each call during which a clock was shifted."""
    lines = [line for file in system.home.glob("jumps-*.txt") for line in file.read_text().splitlines()]
    return [float(line.split()[1]) for line in lines]


@pytest.mark.parametrize("system", ["embedded", "distributed"], indirect=True)
def test_clocks_jump(system: ChaosSystem) -> None:
    scenario(system)
