"""What takes long to make, made once for all processes that run the tests."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from services.events import gazetteer


@pytest.fixture(scope="session")
def gazetteer_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the gazetteer in it. Whichever process comes first makes it; the others wait for it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # it has a folder for each process
    home = folder / "gazetteer"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        gazetteer.ensure(home)
    return home
