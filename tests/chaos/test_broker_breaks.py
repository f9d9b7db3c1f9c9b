"""RabbitMQ is killed, restarted in order, and loses its data, while notes are written."""

import pytest

from tests import servers
from tests.chaos.harness import World


def killed(world: World) -> None:
    servers.servers().kill_broker()
    written = world.written()
    world.wait(lambda: world.written() > written + 20)
    servers.servers().restart_broker(wipe=False)


def restarted(world: World) -> None:
    servers.servers().restart_broker(wipe=False)


def wiped(world: World) -> None:
    servers.servers().restart_broker(wipe=True)


BREAKS = {"killed": killed, "restarted": restarted, "wiped": wiped}


def scenario(world: World, how: str = "wiped") -> None:
    world.total = 20_000
    world.start()
    world.wait(lambda: world.copied() > 20)
    before = world.written()
    BREAKS[how](world)
    assert world.written() > before, "nothing was written meanwhile"
    world.enough()
    world.drain()


@pytest.mark.parametrize("how", BREAKS)
def test_the_broker_is(world: World, how: str) -> None:
    scenario(world, how)
