"""Encrypts the secrets that people must be able to read again: those of authenticator apps.

AES-256-GCM with keys derived from the system's secret (HKDF, RFC 5869). What is sealed for one person opens for nobody
else, so that who can write into the database can't give one person's secret to another.
"""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.settings import Settings

_PURPOSE = b"space: secrets of second factors"
_NONCE = 12


class Sealer:
    """Seals with the key of the first of `secrets`, and opens what any of them has sealed.

    What is stored is the key's name, a dot, and nonce and ciphertext in base64. A text without a dot was stored by a
    release that sealed nothing.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [
            HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(each.encode())
            for each in secrets
        ]
        self._current = _name(keys[0])
        self._ciphers = {_name(key): AESGCM(key) for key in keys}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """That of a process with these settings."""
        return cls([each for each in (settings.secret_key, settings.secret_key_accepted) if each is not None])

    def seal(self, text: str, person_id: str) -> str:
        """The text as it is stored for a person."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), person_id.encode())
        return f"{self._current}.{urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def open(self, stored: str, person_id: str) -> str | None:
        """The text that was stored for a person; None if it was sealed by a secret that is not known here, or has been
        tampered with."""
        name, dot, sealed = stored.partition(".")
        if not dot:
            return stored
        if name not in self._ciphers:
            return None
        try:
            raw = urlsafe_b64decode(sealed)
            return self._ciphers[name].decrypt(raw[:_NONCE], raw[_NONCE:], person_id.encode()).decode()
        except (InvalidTag, ValueError):
            return None

    @property
    def former(self) -> list[str]:
        """What everything begins with that can be opened, and that `seal` would make otherwise now."""
        return [f"{name}." for name in self._ciphers if name != self._current]


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name " + key).hexdigest()[:8]
