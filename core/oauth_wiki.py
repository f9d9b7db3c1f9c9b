"""The wiki whose accounts people may sign in with, as the setting `SPACE_OAUTH_WIKI` gives it."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

LONGEST = 200
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


class OAuthWiki(BaseModel):
    """A MediaWiki with Extension:OAuth, and the client (consumer) that is registered there.

    `script_path` is the address of the folder of `index.php` and `rest.php`, such as `https://meta.example/w`.
    """

    model_config = ConfigDict(frozen=True)

    script_path: str
    client_id: str
    client_secret: str = Field(repr=False)

    @classmethod
    def parse(cls, script_path: str, client_id: str, client_secret: str) -> Self:
        """The wiki at this address. Raises `ValueError` for one that can't be, or that is not safe to talk to."""
        script_path = script_path.rstrip("/")
        parts = urlsplit(script_path)
        try:
            port_is_one = parts.port is None or parts.port > 0
        except ValueError:
            port_is_one = False
        if parts.scheme not in ("https", "http") or not parts.hostname or not port_is_one:
            raise ValueError("it must be an address such as https://meta.example/w")
        if parts.query or parts.fragment or "@" in parts.netloc or len(script_path) > LONGEST:
            raise ValueError("it must be an address without a query, fragment or password")
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise ValueError("it must begin with https:")
        return cls(script_path=script_path, client_id=client_id, client_secret=client_secret)

    @property
    def host(self) -> str:
        """The wiki's host name, to show."""
        return urlsplit(self.script_path).hostname or ""

    def endpoint(self, path: str) -> str:
        """The address of one of the wiki's OAuth 2 endpoints: `authorize`, `access_token`, `resource/profile`."""
        return f"{self.script_path}/rest.php/oauth2/{path}"
