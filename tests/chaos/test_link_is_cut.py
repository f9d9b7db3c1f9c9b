"""The link to the broker is cut under 50 writes a second: silently, and by resets."""

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.chaos.proxy import Link
from tests.chaos.world import a_world


def scenario(home: Path, how: str = "cut", seconds: float = 5) -> None:
    url = urlsplit(servers.bus_url())
    assert url.port
    link = Link(url.port)
    through = servers.bus_url().replace(f":{url.port}/", f":{link.port}/")
    try:
        with a_world("distributed", home, through) as world:
            world.start()
            world.wait(lambda: world.written() > 20)
            if how == "cut":
                link.cut()
                time.sleep(seconds)
                link.mend()
            else:
                for _ in range(3):
                    link.break_off()
                    time.sleep(0.7)
            world.settle(60)
    finally:
        link.close()


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_the_link_is(tmp_path: Path, how: str) -> None:
    scenario(tmp_path, how)
