"""The link by which a reply that is held can be posted: it is in a mail to its author's confirmed address alone.

It says which reply it is, encrypted (`core.siv`), so that nobody can make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from contracts.errors import NotFound
from core.settings import Settings
from core.siv import SivCipher

_PURPOSE = "held-replies"
_LONGEST = 100


class HeldLinks:
    """Makes links with the first of `keys`, and opens those of any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._cipher = SivCipher(keys)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of a process with these settings."""
        return cls(settings.keys_for(_PURPOSE))

    def token(self, held_id: str) -> str:
        """What stands in the link."""
        return self._cipher.token(bytes.fromhex(held_id))

    def open(self, token: str) -> str:
        """The id of the reply. Raises `NotFound("mail-link-unknown")` for a link that is not of this site."""
        content = self._cipher.open(token) if len(token) <= _LONGEST else None
        if content is None:
            raise NotFound("mail-link-unknown")
        return content.hex()
