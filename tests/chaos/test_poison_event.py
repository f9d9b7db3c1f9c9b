"""One event can't be taken: its subject waits, all others flow; once it can, it catches up by itself."""

import pytest

from tests.chaos.store import heard_in
from tests.chaos.world import World


def scenario(world: World) -> None:
    world.total = 60
    world.start(poison=["note 7"])
    # Every fifth note is of the poisoned subject; of those only note 2 came before it.
    world.wait(lambda: world.written() == 60 and len(heard_in(world.beta)) == 49)
    world.options["poison"] = []
    world.kill("both" if world.way == "embedded" else "beta")
    world.settle()


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_a_poison_event(world: World) -> None:
    scenario(world)
