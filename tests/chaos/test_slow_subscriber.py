"""A subscriber that is slower than its producer falls behind. Its memory does not grow, other subscribers are not
slowed down, and it catches up without losing anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from bus.eventlog.append import append_events
from tests.bus.harness import Noted, note
from tests.chaos.harness import ChaosSystem, chaos_system

SUBSCRIBERS = ("beta", "gamma")
# One process holds the buffers of all services, so it takes more to fill them.
BEHIND = {"embedded": (5_000, 17_000), "distributed": (2_000, 5_000)}
EVENT_BYTES = 10_000
MEGABYTE = 1_000_000


def scenario(system: ChaosSystem) -> None:
    system.total = 0  # by the services themselves
    system.start(slowness=0.05)
    behind, far_behind = BEHIND[system.way]
    # By then every buffer on the way is full.
    before = memory_behind_by(system, 0, behind)
    grown = memory_behind_by(system, behind, far_behind) - before
    more = (far_behind - behind) * EVENT_BYTES
    assert grown < more / 2, f"{grown / MEGABYTE:.0f} MB more for {more / MEGABYTE:.0f} MB of events"
    system.command(slowness=0.0)
    system.drain()


def memory_behind_by(system: ChaosSystem, first: int, count: int) -> int:
    """The peak memory of beta's process when the other subscribers have handled `count` events."""
    for each in range(first, count, 100):
        write(system, each, 100)
    system.wait(lambda: system.copied("gamma") == count)
    assert system.copied("beta") < count / 2
    return system.peak_memory(system.beta_process)


def write(system: ChaosSystem, first: int, count: int) -> None:
    """Write large notes, faster than a subscriber handles them."""
    with system.alpha.writing() as session:
        numbers = range(first, first + count)
        session.execute(insert(note), [{"text": f"own {number}"} for number in numbers])
        append_events(
            session,
            [
                Noted(text=f"own {number}", about=f"s{number % 5}", more="x" * EVENT_BYTES)
                for number in numbers
            ],
        )


@pytest.fixture(params=["embedded", "distributed"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChaosSystem]:
    with chaos_system(request.param, tmp_path, subscribers=SUBSCRIBERS) as made:
        yield made


def test_a_slow_subscriber(system: ChaosSystem) -> None:
    scenario(system)
