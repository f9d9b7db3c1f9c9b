"""RabbitMQ is killed, restarted in order, and loses its data, while notes are written."""

import pytest

from tests import servers
from tests.chaos.harness import ChaosSystem


def killed(system: ChaosSystem) -> None:
    servers.servers().kill_broker()
    written = system.written()
    system.wait(lambda: system.written() > written + 20)
    servers.servers().restart_broker(wipe=False)


def restarted(system: ChaosSystem) -> None:
    servers.servers().restart_broker(wipe=False)


def wiped(system: ChaosSystem) -> None:
    servers.servers().restart_broker(wipe=True)


BREAKS = {"killed": killed, "restarted": restarted, "wiped": wiped}


def scenario(system: ChaosSystem, how: str = "wiped") -> None:
    system.total = 20_000
    system.start()
    system.wait(lambda: system.copied() > 20)
    before = system.written()
    BREAKS[how](system)
    assert system.written() > before, "nothing was written meanwhile"
    system.stop_writing()
    system.drain()


@pytest.mark.parametrize("how", BREAKS)
def test_the_broker_is(system: ChaosSystem, how: str) -> None:
    scenario(system, how)
