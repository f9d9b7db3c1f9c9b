"""The disk with the log is full: every write is refused as a whole with an error that says so. Once there is space,
writes and subscriptions go on."""

import secrets
from pathlib import Path

import pytest

from tests import servers
from tests.chaos.disk import small_disk
from tests.chaos.harness import chaos_system


def scenario(home: Path, way: str) -> None:
    # PostgreSQL's own user has to reach it.
    place = home if way == "embedded" else servers.servers().database.folder
    home.mkdir(exist_ok=True)
    with (
        small_disk(place / f"disk-{secrets.token_hex(4)}") as disk,
        chaos_system(way, home, disk=disk.folder) as system,
    ):
        system.total = 200
        system.start()
        system.wait(lambda: system.written() > 20)
        disk.fill()
        # Each kind of writer meets it, more than once: so it stays refused, until there is space.
        system.wait(lambda: system.refused("called").count("storage-full") >= 3)
        system.wait(lambda: system.refused("own").count("OperationalError") >= 3)
        disk.empty()
        system.drain()
        assert "internal" not in system.refused("called")


@pytest.mark.parametrize("way", ["embedded", "distributed"])
def test_the_disk_is_full(tmp_path: Path, way: str) -> None:
    scenario(tmp_path, way)
