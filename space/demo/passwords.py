"""The passwords of the demo's accounts: given, or made at random and kept beside the data."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from core.settings import Settings

ACCOUNTS = ("member", "editor", "moderator", "admin")
# No letters that are mistaken for one another when copied by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def make_passwords(settings: Settings) -> dict[str, str]:
    """A password for each account: SPACE_DEMO_PASSWORD where it is set, random otherwise. Kept for the owner only."""
    passwords = {name: settings.demo_password or _random() for name in ACCOUNTS}
    file = _file(settings)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(passwords, handle, indent=2)
    return passwords


def kept_passwords(settings: Settings) -> dict[str, str]:
    """The kept passwords; empty where no demo was laid in."""
    file = _file(settings)
    if not file.exists():
        return {}
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _file(settings: Settings) -> Path:
    return settings.home / "demo-passwords.json"


def _random() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
