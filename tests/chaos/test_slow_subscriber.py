"""A subscriber that is slower than its producer falls behind: its memory stays flat, others are not slowed,
it loses nothing, and it catches up."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from bus.eventlog.append import append_events
from tests.bus.harness import Noted, note
from tests.chaos.harness import World, a_world

LISTENERS = ("beta", "gamma")
# One process holds the buffers of all services, so it takes more to fill them.
BEHIND = {"embedded": (5_000, 17_000), "distributed": (2_000, 5_000)}
EVENT_BYTES = 10_000
MEGABYTE = 1_000_000


def scenario(world: World) -> None:
    world.total = 0  # by the services themselves
    world.start(slowness=0.05)
    behind, far_behind = BEHIND[world.way]
    # By then every buffer on the way is full.
    before = memory_behind_by(world, 0, behind)
    grown = memory_behind_by(world, behind, far_behind) - before
    more = (far_behind - behind) * EVENT_BYTES
    assert grown < more / 2, f"{grown / MEGABYTE:.0f} MB more for {more / MEGABYTE:.0f} MB of events"
    world.command(slowness=0.0)
    world.drain()


def memory_behind_by(world: World, first: int, count: int) -> int:
    """The most memory that beta's process has had once all others have copied `count` events."""
    for each in range(first, count, 100):
        write(world, each, 100)
    world.wait(lambda: world.copied("gamma") == count)
    assert world.copied("beta") < count / 2
    return world.peak_memory(world.subscriber)


def write(world: World, first: int, count: int) -> None:
    """Quicker than any subscriber, and large, as posts are."""
    with world.alpha.writing() as session:
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
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with a_world(request.param, tmp_path, listeners=LISTENERS) as made:
        yield made


def test_a_slow_subscriber(world: World) -> None:
    scenario(world)
