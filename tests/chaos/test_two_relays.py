"""Two processes run the relay of one log: when the one that leads is killed, the other takes over."""

import logging
import time

from sqlalchemy import text

from bus.eventlog.relay import RELAY_LOCK
from core.audience import STRANGER
from tests.bus.harness import write_note
from tests.chaos.harness import World


def scenario(world: World) -> None:
    world.total = 0
    world.start()
    world.add("alpha-2")
    write(world, 0)
    world.wait(lambda: world.copied() == 1)
    world.wait(lambda: second_waits(world))
    world.leave_dead("alpha")
    world.kill("alpha")
    begun = time.monotonic()
    write(world, 1)
    world.wait(lambda: world.copied() == 2)
    # A timing decides no test; the log shows it beside the two seconds that it should take.
    logging.info("the other relay took over after %.2f s", time.monotonic() - begun)
    world.drain()


def second_waits(world: World) -> bool:
    """Whether a relay has asked for the lock that another holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity AS a WHERE datname = current_database()"
        " AND query LIKE '%pg_try_advisory_lock(%' AND NOT EXISTS (SELECT FROM pg_locks AS l"
        " WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.objid = :lock)"
    )
    with world.alpha.reading() as session:
        return bool(session.scalar(waiting, {"lock": RELAY_LOCK}))


def write(world: World, number: int) -> None:
    """From outside of both processes: only the database tells the relay."""
    with world.alpha.writing() as session:
        write_note(session, STRANGER, f"own {number}", "all")


def test_the_other_relay_takes_over(world: World) -> None:
    scenario(world)
