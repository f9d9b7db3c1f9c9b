"""Lets only one process at a time run the whole system on a folder, by a file lock.

The operating system releases the lock however the process ends.
"""

from __future__ import annotations

import fcntl
from typing import IO

from core.settings import Settings, SettingsError


def hold(settings: Settings) -> IO[str]:
    """Lock the folder `SPACE_HOME` until the returned file is closed. Raises `SettingsError` if it is locked.

    Two systems on the same stores would not wake each other's subscribers.
    """
    lock = (settings.home / "running.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise SettingsError(
            f"Space already runs on {settings.home}. Stop that, or choose another folder: SPACE_HOME=… make run"
        ) from None
    return lock


def is_held(settings: Settings) -> bool:
    """Whether a process has locked the folder."""
    try:
        hold(settings).close()
    except SettingsError:
        return True
    return False
