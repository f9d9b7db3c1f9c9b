"""One process at a time runs everything on a folder. The system lets go of the lock however that process ends."""

from __future__ import annotations

import fcntl
from typing import IO

from core.settings import Settings, SettingsError


def hold(settings: Settings) -> IO[str]:
    """Hold the folder until this is closed: a second process with a bus of its own would leave the first one's
    readers without news. Raises `SettingsError` where another holds it."""
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
    """Whether a process holds the folder."""
    try:
        hold(settings).close()
    except SettingsError:
        return True
    return False
