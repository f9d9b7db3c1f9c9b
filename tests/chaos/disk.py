"""A small disk that can be full: a file system of its own in memory, which root alone may mount."""

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
    """`folder` is where it is mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        """Take all the space that is left, to the last block."""
        with self._filling.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * _CHUNK)
            except OSError as error:
                if error.errno != ENOSPC:
                    raise

    def empty(self) -> None:
        """Give the space back."""
        self._filling.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A disk mounted at `folder`, gone after the block. Skips the test where nobody may mount."""
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
