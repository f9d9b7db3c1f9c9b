"""The link to the broker breaks at 50 writes a second: it is cut for a while, reset, or lost."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.chaos.harness import ChaosSystem, chaos_system
from tests.chaos.proxy import Link

PER_SECOND = 50


def cut(system: ChaosSystem, link: Link, seconds: float) -> None:
    """Wait until as many notes are written as in `seconds` without the break: the log needs no broker."""
    link.cut()
    writes_go_on(system, seconds)
    link.mend()


def reset(system: ChaosSystem, link: Link, seconds: float) -> None:
    for _ in range(3):
        link.break_off()
        writes_go_on(system, seconds / 3)


def lost(system: ChaosSystem, link: Link, seconds: float) -> None:
    link.lose()


def writes_go_on(system: ChaosSystem, seconds: float) -> None:
    enough = system.written() + PER_SECOND * seconds
    system.wait(lambda: system.written() >= enough, seconds + 30)


HOW = {"cut": cut, "reset": reset, "lost": lost}


def scenario(home: Path, how: str = "cut", seconds: float = 4) -> None:
    url = urlsplit(servers.bus_url())
    assert url.port
    link = Link(url.port)
    through = servers.bus_url().replace(f":{url.port}/", f":{link.port}/")
    try:
        with chaos_system("distributed", home, through) as system:
            # In the first seconds of the break half of the writers are those that need no broker.
            system.per_second = PER_SECOND * 2
            system.total = 40_000
            system.start()
            system.wait(lambda: system.copied() > 20)
            HOW[how](system, link, seconds)
            system.stop_writing()
            system.drain(90)
    finally:
        link.close()


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_the_link_is(tmp_path: Path, how: str) -> None:
    scenario(tmp_path, how)
