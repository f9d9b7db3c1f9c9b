"""Encrypts what is handed to people and comes back: links, addresses, cursors.

AES-SIV (RFC 5297): the same content gives the same text, so that each attempt to send a mail is alike; nobody can make
or change one without the key, and it is checked in constant time.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class SivCipher:
    """Encrypts with the first of `keys`, of 32 bytes each, and opens what any of them has encrypted. What was encrypted
    for one `context` opens for no other."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESSIV(key) for key in keys]

    def encrypt(self, content: bytes, context: bytes | None = None) -> bytes:
        """The content encrypted."""
        return self._ciphers[0].encrypt(content, _associated(context))

    def decrypt(self, sealed: bytes, context: bytes | None = None) -> bytes | None:
        """The content; None for what none of the keys has encrypted."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed, _associated(context))
            except (InvalidTag, ValueError):
                continue
        return None

    def token(self, content: bytes, context: bytes | None = None) -> str:
        """The content encrypted, in base64url without padding."""
        return urlsafe_b64encode(self.encrypt(content, context)).decode("ascii").rstrip("=")

    def open(self, token: str, context: bytes | None = None) -> bytes | None:
        """The content of a token; None for one that is none of ours."""
        try:
            sealed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        return self.decrypt(sealed, context)


def _associated(context: bytes | None) -> list[bytes] | None:
    return None if context is None else [context]
