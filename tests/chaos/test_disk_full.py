"""The disk with the log is full: every write is refused whole, with an error that says so, and once there is space
writes and effects go on by themselves."""

import secrets
from pathlib import Path

import pytest

from tests import servers
from tests.chaos.disk import small_disk
from tests.chaos.harness import a_world


def scenario(home: Path, way: str) -> None:
    # PostgreSQL's own user has to reach it.
    place = home if way == "embedded" else servers.servers().database.folder
    home.mkdir(exist_ok=True)
    with (
        small_disk(place / f"disk-{secrets.token_hex(4)}") as disk,
        a_world(way, home, disk=disk.folder) as world,
    ):
        world.total = 200
        world.start()
        world.wait(lambda: world.written() > 20)
        disk.fill()
        # Each kind of writer meets it, more than once: so it stays refused, until there is space.
        world.wait(lambda: world.refused("asked").count("storage-full") >= 3)
        world.wait(lambda: world.refused("own").count("OperationalError") >= 3)
        disk.empty()
        world.drain()
        assert "internal" not in world.refused("asked")


@pytest.mark.parametrize("way", ["embedded", "distributed"])
def test_the_disk_is_full(tmp_path: Path, way: str) -> None:
    scenario(tmp_path, way)
