"""A process dies by SIGKILL at each named step of an action, the relay and a handler; a consumer between commit and
acknowledgement is one of them."""

import pytest

from bus.faults import POINTS
from tests.chaos.world import World

ALPHA = [point for point in POINTS if point.startswith(("action.", "relay."))]
BETA = [point for point in POINTS if point.startswith(("handler.", "subscription."))]


def scenario(world: World, nth: int = 3) -> None:
    alpha = [f"{point}:{nth}" for point in ALPHA]
    beta = [f"{point}:{nth}" for point in BETA]
    plans = {"both": alpha + beta, "alpha": alpha, "beta": beta}
    world.start(plans)
    world.wait(lambda: len(world.deaths) == len(ALPHA + BETA), 100)
    world.enough()
    assert {death.split()[1] for death in world.deaths} == {"-9"}
    world.settle()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_killed_at_each_step(world: World) -> None:
    # More than is ever written before the last death: some points are only reached while messages come.
    world.total = 20_000
    scenario(world)
