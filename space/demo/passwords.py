"""The passwords of the demo's accounts: set by the operator, or random and stored in a file beside the data."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from core.settings import Settings

ACCOUNTS = ("member", "editor", "moderator", "admin")
# Without characters that are easily confused when copied by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def make_passwords(settings: Settings) -> dict[str, str]:
    """A password for each account: SPACE_DEMO_PASSWORD if it is set, else random. Stored so that only the owner of the
    file can read them."""
    passwords = {name: settings.demo_password or _random() for name in ACCOUNTS}
    file = _file(settings)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(passwords, handle, indent=2)
    return passwords


def stored_passwords(settings: Settings) -> dict[str, str]:
    """The stored passwords by account; empty if no demo was loaded."""
    file = _file(settings)
    if not file.exists():
        return {}
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _file(settings: Settings) -> Path:
    return settings.home / "demo-passwords.json"


def _random() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
