"""The link by which a reply that is held can be posted: it is in a mail to its author's confirmed address alone.

It says which reply it is, encrypted (AES-SIV, RFC 5297), so that nobody can make one.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from contracts.errors import NotFound
from core.settings import Settings

_PURPOSE = "held-replies"
_LONGEST = 100


class HeldLinks:
    """Makes links with the first of `keys`, and opens those of any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESSIV(key) for key in keys]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of a process with these settings."""
        accepted = settings.secret_key_accepted
        before = [settings.model_copy(update={"secret_key": accepted})] if accepted is not None else []
        return cls([each.key_for(_PURPOSE) for each in (settings, *before)])

    def token(self, held_id: str) -> str:
        """What stands in the link."""
        sealed = self._ciphers[0].encrypt(bytes.fromhex(held_id), None)
        return urlsafe_b64encode(sealed).decode("ascii").rstrip("=")

    def open(self, token: str) -> str:
        """The id of the reply. Raises `NotFound("mail-link-unknown")` for a link that is not of this site."""
        try:
            if len(token) > _LONGEST:
                raise ValueError("too long for a link")
            sealed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            raise NotFound("mail-link-unknown") from None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed, None).hex()
            except (InvalidTag, ValueError):
                continue
        raise NotFound("mail-link-unknown")
