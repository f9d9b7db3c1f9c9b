"""Recognises a client by its network address without storing the address."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from core import clock

Network = IPv4Network | IPv6Network

_KEY = secrets.token_bytes(32)
"""It lives as long as the process, so a peer's key means nothing afterwards."""


def peer_key(address: str) -> str:
    """The key under which this process counts what a peer does: a keyed hash of its address.

    Of an IPv6 address it takes the first 64 bits, which are one network: its devices choose the rest freely (RFC 8981).
    """
    return hashlib.blake2b(_network_of(address).encode(), key=_KEY, digest_size=16).hexdigest()


def shared_peer_key(address: str, secret: str) -> str:
    """The key of a peer that all processes with the same secret agree on, and that is another one each day (UTC)."""
    day = hashlib.sha256(f"space-peer:{clock.now().date()}:{secret}".encode()).digest()
    return hashlib.blake2b(_network_of(address).encode(), key=day, digest_size=16).hexdigest()


def _network_of(address: str) -> str:
    try:
        found = ip_address(address)
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
    except ValueError:
        return address  # the name of a Unix socket, or what a proxy writes for an unknown client
    return str(IPv6Network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


def parse_networks(text: str) -> tuple[Network, ...]:
    """The networks of a list such as `10.0.0.0/8, 192.0.2.7`. Raises `ValueError`."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return any(found in network for network in networks)


def client_address(address: str, forwarded_for: str, trusted: Iterable[Network]) -> str:
    """The client's address: that of the connection, or the one that a trusted proxy names.

    `forwarded_for` is the request's `X-Forwarded-For`, to which each proxy appends the address that it was called from.
    So it is read from its end, and only past proxies that are trusted: what a client writes itself is never believed.
    """
    trusted = tuple(trusted)
    hops = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    while hops and is_in(address, trusted):
        address = hops.pop()
    return address
