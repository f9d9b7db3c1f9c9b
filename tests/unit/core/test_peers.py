"""Whose request it is, by network address."""

from __future__ import annotations

import pytest

from core.peers import client_address, parse_networks, peer_key

PROXIES = parse_networks("10.0.0.0/8, 2001:db8::1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("unknown", "unknown", True),
    ],
)
def test_a_peer_is_one_address_or_one_ipv6_network(one: str, other: str, same: bool) -> None:
    assert (peer_key(one) == peer_key(other)) is same


def test_a_key_does_not_show_the_address() -> None:
    assert "192.0.2.1" not in peer_key("192.0.2.1")


@pytest.mark.parametrize(
    ("address", "forwarded_for", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("2001:db8::1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "unknown", "unknown"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_names_the_client(address: str, forwarded_for: str, client: str) -> None:
    assert client_address(address, forwarded_for, PROXIES) == client


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example", "10.0.0.1-10.0.0.9"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        parse_networks(text)
