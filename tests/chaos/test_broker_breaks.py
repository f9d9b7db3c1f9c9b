"""RabbitMQ is killed, restarted in order, and loses its data, while notes are written."""

import time

import pytest

from tests import servers
from tests.chaos.world import World


def killed(world: World) -> None:
    servers.servers().kill_broker()
    time.sleep(1)
    servers.servers().restart_broker(wipe=False)


def restarted(world: World) -> None:
    servers.servers().restart_broker(wipe=False)


def wiped(world: World) -> None:
    servers.servers().restart_broker(wipe=True)


BREAKS = {"killed": killed, "restarted": restarted, "wiped": wiped}


def scenario(world: World, how: str = "wiped") -> None:
    world.start()
    world.wait(lambda: world.written() > 20)
    BREAKS[how](world)
    world.settle()


@pytest.mark.parametrize("how", BREAKS)
def test_the_broker_is(world: World, how: str) -> None:
    scenario(world, how)
