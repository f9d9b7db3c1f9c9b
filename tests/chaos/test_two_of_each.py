"""Two processes of each service: when the leaders are killed, the others take over."""

from tests.chaos.harness import ChaosSystem


def scenario(system: ChaosSystem) -> None:
    system.total = 20_000
    system.start()
    for name in ("alpha-2", "beta-2"):
        system.add(name)
    system.wait(lambda: system.copied() > 30)
    for name in ("alpha", "beta", "alpha-2", "beta-2"):
        system.leave_dead(name)
        system.kill(name)
        if name != "alpha":
            # Nobody writes while the first is away.
            goes_on(system)
        system.restart_dead(name)
        goes_on(system)
    system.stop_writing()
    system.drain()


def goes_on(system: ChaosSystem) -> None:
    copied = system.copied()
    system.wait(lambda: system.copied() > copied + 20)


def test_two_of_each(system: ChaosSystem) -> None:
    scenario(system)
