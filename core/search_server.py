"""The Elasticsearch that holds the index of search, as an operator sets it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,50}")


@dataclass(frozen=True)
class SearchServer:
    """A cluster of Elasticsearch 8 or 9.

    `address` is its URL without user and path. It is asked with an API key, or as a user with a password, or, where it
    has no security, without either. `authorities` is a file of certificates (PEM) by which it is verified, in the place
    of the machine's own. The names of Space's indexes begin with `prefix`.
    """

    address: str
    prefix: str = "space"
    api_key: str | None = field(default=None, repr=False)
    user: tuple[str, str] | None = field(default=None, repr=False)
    authorities: Path | None = None

    @property
    def local(self) -> bool:
        """Whether it runs on this machine."""
        return urlsplit(self.address).hostname in ("localhost", "127.0.0.1", "::1")

    @classmethod
    def parse(cls, url: str, api_key: str | None = None, authorities: str | None = None) -> SearchServer:
        """The server of `https://user:password@host:9200/prefix`. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must be https://host:9200 or http://host:9200")
        if parts.query or parts.fragment:
            raise ValueError("nothing but the prefix of the indexes may follow the host")
        prefix = parts.path.strip("/") or "space"
        if not _PREFIX.fullmatch(prefix):
            raise ValueError("the prefix of the indexes must be small letters, digits, - and _")
        user = None
        if parts.username:
            if parts.password is None:
                raise ValueError("a user needs a password")
            if api_key is not None:
                raise ValueError("it has a user, and there is an API key too: give one of them")
            user = unquote(parts.username), unquote(parts.password)
        if authorities is not None and parts.scheme != "https":
            raise ValueError("certificates are verified with https:// alone")
        if authorities is not None and not Path(authorities).is_file():
            raise ValueError(f"there is no file {authorities}")
        port = parts.port or (443 if parts.scheme == "https" else 9200)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(
            f"{parts.scheme}://{host}:{port}",
            prefix,
            api_key,
            user,
            Path(authorities) if authorities else None,
        )
