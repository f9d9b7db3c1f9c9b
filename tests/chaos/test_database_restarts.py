"""PostgreSQL is restarted, and crashes, while notes are written: no event counts as failed."""

import pytest

from tests import servers
from tests.chaos import store
from tests.chaos.harness import ChaosSystem


def restarted(system: ChaosSystem, crash: bool = True) -> None:
    servers.servers().restart_database(crash=crash)


def scenario(system: ChaosSystem, crash: bool = True) -> None:
    system.total = 20_000
    system.start()
    system.wait(lambda: system.copied() > 20)
    restarted(system, crash)
    assert set(system.refused("own")) <= {"OperationalError", "InterfaceError"}
    copied = system.copied()
    system.wait(lambda: system.copied() > copied + 20)
    assert store.failed_subjects_in(system.beta) == []
    system.stop_writing()
    system.drain()


@pytest.mark.parametrize("crash", [False, True], ids=["in order", "crash"])
def test_the_database_restarts(system: ChaosSystem, crash: bool) -> None:
    scenario(system, crash)
