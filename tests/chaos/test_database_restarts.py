"""PostgreSQL is restarted, and crashes, while notes are written: no subject is blamed for it."""

import pytest
from sqlalchemy import select

from bus.schema import held
from tests import servers
from tests.chaos.world import World


def scenario(world: World, crash: bool = True) -> None:
    world.start()
    world.wait(lambda: world.written() > 20)
    servers.servers().restart_database(crash=crash)
    world.wait(lambda: world.written() > 60)
    with world.beta.reading() as session:
        assert session.execute(select(held.c.subject)).first() is None
    world.settle()


@pytest.mark.parametrize("crash", [False, True], ids=["in order", "crash"])
def test_the_database_restarts(world: World, crash: bool) -> None:
    scenario(world, crash)
