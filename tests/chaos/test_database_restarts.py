"""PostgreSQL is restarted, and crashes, while notes are written: no subject is blamed for it."""

import pytest

from tests import servers
from tests.chaos import store
from tests.chaos.harness import World


def restarted(world: World, crash: bool = True) -> None:
    servers.servers().restart_database(crash=crash)


def scenario(world: World, crash: bool = True) -> None:
    world.total = 20_000
    world.start()
    world.wait(lambda: world.copied() > 20)
    restarted(world, crash)
    assert set(world.refused("own")) <= {"OperationalError", "InterfaceError"}
    copied = world.copied()
    world.wait(lambda: world.copied() > copied + 20)
    assert store.held_in(world.beta) == []
    world.enough()
    world.drain()


@pytest.mark.parametrize("crash", [False, True], ids=["in order", "crash"])
def test_the_database_restarts(world: World, crash: bool) -> None:
    scenario(world, crash)
