"""Two processes of each service: when those that lead are killed, the others take their places."""

import logging
import time

from bus import log
from tests.bus.toy import Noted
from tests.chaos.store import heard_in
from tests.chaos.world import World


def scenario(world: World) -> None:
    world.start()
    world.wait(lambda: world.written() > 10)
    for name in ("alpha-2", "beta-2"):
        world.add(name)
    world.wait(lambda: world.written() > 60)
    for name in ("alpha", "beta", "alpha-2", "beta-2"):
        world.kill(name)
        time.sleep(1.5)
    world.settle()


def test_two_of_each(world: World) -> None:
    world.total = 300
    scenario(world)


def test_the_other_relay_takes_over(world: World) -> None:
    world.total = 0
    world.start()
    world.add("alpha-2")
    write(world, "before")
    world.wait(lambda: len(heard_in(world.beta)) == 1)
    time.sleep(2)  # for the second to have come up and to wait for the first's place
    world._stopping = True  # nobody starts the first one again
    world._supervisor.join()
    world.kill("alpha")
    begun = time.monotonic()
    write(world, "after")
    world.wait(lambda: len(heard_in(world.beta)) == 2)
    # A timing decides no test; the log shows it beside the two seconds that it should take.
    logging.info("the other relay took over after %.2f s", time.monotonic() - begun)


def write(world: World, text: str) -> None:
    """From outside of both processes: only the database tells the relay."""
    with world.alpha.writing() as session:
        log.append(session, Noted(text=text))
