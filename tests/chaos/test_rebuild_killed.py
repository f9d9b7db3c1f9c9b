"""A rebuild is killed just before and just after it switches, beside services that go on."""

import pytest

from tests.chaos.harness import World


def scenario(world: World) -> None:
    world.total = 20_000
    world.start()
    world.wait(lambda: world.copied() > 30)
    assert world.rebuild("rebuild.before-switch:1") == -9
    assert world.rebuild("rebuild.after-switch:1") == -9
    assert world.rebuild() == 0
    written = world.written()
    world.wait(lambda: world.written() > written + 20)
    world.enough()
    world.drain()


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_a_rebuild_is_killed(world: World) -> None:
    scenario(world)
