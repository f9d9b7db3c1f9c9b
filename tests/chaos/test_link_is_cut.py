"""The link to the broker breaks under 50 writes a second: cut for a while, reset, or lost without a word."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.chaos.harness import World, a_world
from tests.chaos.proxy import Link

PER_SECOND = 50


def cut(world: World, link: Link, seconds: float) -> None:
    """As long as it takes to write all that `seconds` bring: the log needs no broker."""
    link.cut()
    writes_go_on(world, seconds)
    link.mend()


def reset(world: World, link: Link, seconds: float) -> None:
    for _ in range(3):
        link.break_off()
        writes_go_on(world, seconds / 3)


def lost(world: World, link: Link, seconds: float) -> None:
    link.lose()


def writes_go_on(world: World, seconds: float) -> None:
    enough = world.written() + PER_SECOND * seconds
    world.wait(lambda: world.written() >= enough, seconds + 30)


HOW = {"cut": cut, "reset": reset, "lost": lost}


def scenario(home: Path, how: str = "cut", seconds: float = 4) -> None:
    url = urlsplit(servers.bus_url())
    assert url.port
    link = Link(url.port)
    through = servers.bus_url().replace(f":{url.port}/", f":{link.port}/")
    try:
        with a_world("distributed", home, through) as world:
            # In the first seconds of the break half of the writers are those that need no broker.
            world.per_second = PER_SECOND * 2
            world.total = 40_000
            world.start()
            world.wait(lambda: world.copied() > 20)
            HOW[how](world, link, seconds)
            world.enough()
            world.drain(90)
    finally:
        link.close()


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_the_link_is(tmp_path: Path, how: str) -> None:
    scenario(tmp_path, how)
