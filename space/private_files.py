"""Keeps the system's files from other accounts of the machine: databases, secrets, uploads, logs, backups, mail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from core.settings import Settings

UMASK = 0o077
"""New files and folders are for their owner only."""

FILES = ("*.sqlite*", "*.json", "*.log", "secret-key", "running.lock", "demo-unfinished")
FOLDERS = ("uploads", "logs", "backups", "mail")

_OWNER_ONLY = 0o700
# The servers of `make run-distributed` have their data below, with other owners, who must pass.
_OWNER_AND_PASSING = 0o711


def set_umask() -> None:
    """Make files that this process creates private."""
    os.umask(UMASK)


def tighten(settings: Settings) -> None:
    """Take the rights of other accounts on files that an earlier release made. Other files in the folder, those of
    other owners, and what links lead to are left alone."""
    _limit(settings.home, _OWNER_AND_PASSING)
    for path in _ours(settings):
        _limit(path, _OWNER_ONLY)


def _ours(settings: Settings) -> Iterator[Path]:
    for pattern in FILES:
        yield from settings.home.glob(pattern)
    for name in FOLDERS:
        folder = settings.home / name
        if folder.is_dir() and not folder.is_symlink():
            yield folder
            yield from folder.rglob("*")
    for text in settings.databases.values():
        url = make_url(text)
        if url.get_backend_name() == "sqlite" and url.database:
            file = Path(url.database)
            yield from file.parent.glob(f"{file.name}*")


def _limit(path: Path, most: int) -> None:
    try:
        status = path.lstat()
        if path.is_symlink() or status.st_uid != os.geteuid():
            return
        mode = status.st_mode & 0o777
        if mode & ~most:
            path.chmod(mode & most)
    except FileNotFoundError:
        pass  # SQLite deletes its -wal and -shm files when the last connection is closed
