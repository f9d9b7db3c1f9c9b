"""A consumer dies after its commit and before it acknowledges: the broker delivers the events again, and they have no
second effect."""

import pytest

from tests.chaos import queues, store
from tests.chaos.harness import ChaosSystem


def scenario(system: ChaosSystem, nth: int = 3) -> None:
    system.total = 20_000
    system.leave_dead("beta")
    # Without a broker there is nothing to acknowledge: then it dies as soon as it has committed.
    step = "subscription.before-ack" if system.way == "distributed" else "handler.after-commit"
    system.start({system.beta_process: [f"{step}:{nth}"]})
    system.wait(lambda: system.deaths)
    system.stop_writing()
    if system.way == "distributed":
        comes_again(system)
        system.restart_dead("beta")
    system.drain()


def comes_again(system: ChaosSystem) -> None:
    """Wait until more messages are queued than events have no effect yet: some of them are delivered again."""
    system.wait(lambda: store.published(system.alpha) == system.written())
    without_effect = system.written() - store.position(system.beta)
    system.wait(lambda: queues.waiting(system.bus_url, "beta") > without_effect)


@pytest.mark.parametrize("system", ["embedded", "distributed"], indirect=True)
def test_a_consumer_dies_before_it_acknowledges(system: ChaosSystem) -> None:
    scenario(system)
