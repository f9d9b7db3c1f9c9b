"""A consumer dies after it has committed and before it has acknowledged: the broker delivers again what took effect,
and nothing takes effect again."""

import pytest

from tests.chaos import queues, store
from tests.chaos.harness import World


def scenario(world: World, nth: int = 3) -> None:
    world.total = 20_000
    world.leave_dead("beta")
    # Without a broker there is nothing to acknowledge: then it dies as soon as it has committed.
    step = "subscription.before-ack" if world.way == "distributed" else "handler.after-commit"
    world.start({world.subscriber: [f"{step}:{nth}"]})
    world.wait(lambda: world.deaths)
    world.enough()
    if world.way == "distributed":
        comes_again(world)
        world.bring_back("beta")
    world.drain()


def comes_again(world: World) -> None:
    """More messages wait than there are events without effect: so some have had theirs."""
    world.wait(lambda: store.published(world.alpha) == world.written())
    without_effect = world.written() - store.position(world.beta)
    world.wait(lambda: queues.waiting(world.bus_url, "beta") > without_effect)


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_a_consumer_dies_before_it_acknowledges(world: World) -> None:
    scenario(world)
