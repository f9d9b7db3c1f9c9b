"""Two processes run the relay of one log: when the leader is killed, the other takes over."""

import logging
import time

from sqlalchemy import text

from bus.eventlog.relay import RELAY_LOCK
from core.audience import STRANGER
from tests.bus.harness import write_note
from tests.chaos.harness import ChaosSystem


def scenario(system: ChaosSystem) -> None:
    system.total = 0
    system.start()
    system.add("alpha-2")
    write(system, 0)
    system.wait(lambda: system.copied() == 1)
    system.wait(lambda: second_waits(system))
    system.leave_dead("alpha")
    system.kill("alpha")
    start = time.monotonic()
    write(system, 1)
    system.wait(lambda: system.copied() == 2)
    # A timing decides no test; the log shows it beside the two seconds that it should take.
    logging.info("the other relay took over after %.2f s", time.monotonic() - start)
    system.drain()


def second_waits(system: ChaosSystem) -> bool:
    """Whether the second relay has requested the lock that the first one holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity AS a WHERE datname = current_database()"
        " AND query LIKE '%pg_try_advisory_lock(%' AND NOT EXISTS (SELECT FROM pg_locks AS l"
        " WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.objid = :lock)"
    )
    with system.alpha.reading() as session:
        return bool(session.scalar(waiting, {"lock": RELAY_LOCK}))


def write(system: ChaosSystem, number: int) -> None:
    """Write a note from a third process, so that only PostgreSQL's notification wakes the relay."""
    with system.alpha.writing() as session:
        write_note(session, STRANGER, f"own {number}", "all")


def test_the_other_relay_takes_over(system: ChaosSystem) -> None:
    scenario(system)
