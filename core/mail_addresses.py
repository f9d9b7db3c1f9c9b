"""The addresses at which Space takes mail: that of a reply, bound to a person and a topic, and that of a bounce, bound
to a person and the address that their mail went to.

What an address says is encrypted, since ids of people are told to nobody, and can't be made or changed without the key
(`core.siv`: the same address for the same content). It is written in base 32, as
some mail servers change the case of letters, and its local part has at most the 64 octets that RFC 5321 allows.
"""

from __future__ import annotations

import hashlib
from base64 import b32decode, b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from core.ids import bytes_of_id, id_of_bytes
from core.settings import Settings
from core.siv import SivCipher

_PURPOSE = "mail-addresses"
_REPLY, _BOUNCE = "reply", "bounce"
_ID, _HASH = 10, 4
"""Bytes of an id, and of the hash of an address."""


@dataclass(frozen=True)
class ReplyAddress:
    """Who replies by it, and in which topic."""

    person_id: str
    topic_id: str


@dataclass(frozen=True)
class BounceAddress:
    """To whom a mail went that comes back, and the hash of the address that it went to."""

    person_id: str
    address_hash: bytes

    def is_of(self, address: str) -> bool:
        """Whether the mail went to this address."""
        return self.address_hash == _hash_of(address)


class MailAddresses:
    """Makes addresses of `domain` with the first of `keys`, and opens those of any of them."""

    def __init__(self, domain: str, keys: Sequence[bytes]) -> None:
        self._domain = domain
        self._cipher = SivCipher(keys)

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Those of a process with these settings; None where no mail is taken."""
        if settings.mail_domain is None:
            return None
        return cls(settings.mail_domain, settings.keys_for(_PURPOSE))

    def for_reply(self, person_id: str, topic_id: str) -> str:
        """The address by which a person replies in a topic."""
        return self._address(_REPLY, bytes_of_id(person_id) + bytes_of_id(topic_id))

    def for_bounce(self, person_id: str, address: str) -> str:
        """The envelope sender of a mail to a person at an address (a variable envelope return path)."""
        return self._address(_BOUNCE, bytes_of_id(person_id) + _hash_of(address))

    def open(self, address: str) -> ReplyAddress | BounceAddress | None:
        """What an address says; None for one that is not of this site."""
        local, _, domain = address.rpartition("@")
        kind, _, token = local.lower().partition("+")
        if domain.lower() != self._domain or kind not in (_REPLY, _BOUNCE):
            return None
        content = self._opened(kind, token)
        if content is None:
            return None
        person_id = id_of_bytes(content[:_ID])
        if kind == _REPLY:
            return ReplyAddress(person_id, id_of_bytes(content[_ID:]))
        return BounceAddress(person_id, content[_ID:])

    def _address(self, kind: str, content: bytes) -> str:
        sealed = self._cipher.encrypt(content, kind.encode())
        token = b32encode(sealed).decode("ascii").rstrip("=").lower()
        return f"{kind}+{token}@{self._domain}"

    def _opened(self, kind: str, token: str) -> bytes | None:
        if len(token) > 64 or not token.isascii():
            return None
        try:
            sealed = b32decode(token.upper() + "=" * (-len(token) % 8))
        except ValueError:
            return None
        content = self._cipher.decrypt(sealed, kind.encode())
        length = _ID + (_ID if kind == _REPLY else _HASH)
        return content if content is not None and len(content) == length else None


def _hash_of(address: str) -> bytes:
    return hashlib.sha256(address.strip().casefold().encode()).digest()[:_HASH]
