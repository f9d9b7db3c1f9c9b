"""Two processes of each service: when those that lead are killed, the others go on."""

from tests.chaos.harness import World


def scenario(world: World) -> None:
    world.total = 20_000
    world.start()
    for name in ("alpha-2", "beta-2"):
        world.add(name)
    world.wait(lambda: world.copied() > 30)
    for name in ("alpha", "beta", "alpha-2", "beta-2"):
        world.leave_dead(name)
        world.kill(name)
        if name != "alpha":
            # Nobody writes while the first is away.
            goes_on(world)
        world.bring_back(name)
        goes_on(world)
    world.enough()
    world.drain()


def goes_on(world: World) -> None:
    copied = world.copied()
    world.wait(lambda: world.copied() > copied + 20)


def test_two_of_each(world: World) -> None:
    scenario(world)
