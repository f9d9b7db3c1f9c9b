"""A rebuild is killed just before and just after its switch, while the services run."""

import pytest

from tests.chaos.harness import ChaosSystem


def scenario(system: ChaosSystem) -> None:
    system.total = 20_000
    system.start()
    system.wait(lambda: system.copied() > 30)
    assert system.rebuild("rebuild.before-switch:1") == -9
    assert system.rebuild("rebuild.after-switch:1") == -9
    assert system.rebuild() == 0
    written = system.written()
    system.wait(lambda: system.written() > written + 20)
    system.stop_writing()
    system.drain()


@pytest.mark.parametrize("system", ["embedded", "distributed"], indirect=True)
def test_a_rebuild_is_killed(system: ChaosSystem) -> None:
    scenario(system)
