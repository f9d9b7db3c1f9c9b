"""The rules of time zones that this machine has. They change several times a year, some at a few weeks' notice."""

from __future__ import annotations

import hashlib
import zoneinfo
from importlib import resources
from pathlib import Path


def fingerprint(zone: str) -> str:
    """A digest of the zone's compiled rules (TZif, RFC 9636), in 16 hexadecimal digits; `""` if there are none.

    It is found where `zoneinfo` finds it: in the system's folders, else in the package `tzdata`.
    """
    for folder in zoneinfo.TZPATH:
        file = Path(folder) / zone
        if file.is_file():
            return _digest(file.read_bytes())
    try:
        *parents, name = zone.split("/")
        return _digest(
            resources.files(".".join(["tzdata", "zoneinfo", *parents])).joinpath(name).read_bytes()
        )
    except (ModuleNotFoundError, FileNotFoundError, IsADirectoryError):
        return ""


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
