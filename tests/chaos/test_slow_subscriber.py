"""A subscriber that is slower than its producer falls behind, loses nothing, and catches up."""

import pytest

from tests.chaos.world import World


def scenario(world: World) -> None:
    world.per_second = 100
    world.start(slowness=0.02)
    world.wait(lambda: world.written() == world.total)
    world.settle()


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_a_slow_subscriber(world: World) -> None:
    scenario(world)
