"""Which site a passkey is for (WebAuthn): the host of the site's address, and nothing below or beside it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RelyingParty:
    """The site as browsers and authenticators know it: its id, a host name, and its origin."""

    id: str
    origin: str


def relying_party(base_url: str) -> RelyingParty | None:
    """The site at this address; None where browsers make no passkeys: at an address of the network, or without HTTPS
    elsewhere than on this machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host != "localhost":
        return None
    try:
        ip_address(host)
    except ValueError:
        return RelyingParty(id=host, origin=f"{parts.scheme}://{parts.netloc}")
    return None
