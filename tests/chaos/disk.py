"""A small disk that can be filled: a separate file system in memory, which only root may mount."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

import pytest

MEGABYTES = 96
_CHUNK = 4096


class SmallDisk:
    """A disk that is mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        """Use up all free space."""
        with self._filling.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * _CHUNK)
            except OSError as error:
                if error.errno != ENOSPC:
                    raise

    def empty(self) -> None:
        """Free the space again."""
        self._filling.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A disk that is mounted at `folder` for the block. Skips the test if mounting is not allowed."""
    folder.mkdir()
    what = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "tmpfs", str(folder)]
    mounted = subprocess.run(what, stderr=subprocess.PIPE, text=True, check=False)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(
            f"only root may mount a disk to fill, and not in every container: {mounted.stderr.strip()}"
        )
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()
