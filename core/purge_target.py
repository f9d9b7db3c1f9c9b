"""The address of a content delivery network that takes purges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_HEADER = re.compile(r"([A-Za-z0-9-]{1,100}): ?([\x21-\x7e][\x20-\x7e]{0,1000})")


@dataclass(frozen=True)
class PurgeTarget:
    """Where purges go. `header` is sent with them, as a name and a secret value; None for none."""

    url: str
    header: tuple[str, str] | None

    @property
    def headers(self) -> dict[str, str]:
        """The header, to be sent."""
        return dict([self.header]) if self.header else {}

    @classmethod
    def parse(cls, url: str, header: str | None) -> Self:
        """Raises `ValueError`, whose words repeat neither value."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("the address must begin with http:// or https://, without a user")
        found = _HEADER.fullmatch(header) if header is not None else None
        if header is not None and found is None:
            raise ValueError("the header must be a name and a value, such as Fastly-Key: …")
        return cls(url, (found[1], found[2]) if found else None)
