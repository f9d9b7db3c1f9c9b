"""The disk of the producer is full for a while: writes are refused whole, and go through once there is room."""

import pytest

from tests.chaos.world import World


def scenario(world: World) -> None:
    world.start(disk_full=3.0)
    world.settle()


@pytest.mark.parametrize("world", ["embedded"], indirect=True)
def test_the_disk_is_full(world: World) -> None:
    scenario(world)
    assert "disk is full" in world.tail() or "disk is full" in (world.home / "output.txt").read_text()
