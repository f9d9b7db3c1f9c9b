"""The guard that keeps tests on this machine."""

import socket

import pytest


def test_no_test_reaches_another_host() -> None:
    with socket.socket() as client, pytest.raises(AssertionError, match=r"tried to reach 192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))


def test_no_test_sends_a_datagram_to_another_host() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as client,
        pytest.raises(AssertionError, match=r"tried to reach 192\.0\.2\.1"),
    ):
        client.sendto(b"x", ("192.0.2.1", 53))


def test_no_test_looks_a_name_up() -> None:
    with pytest.raises(AssertionError, match=r"tried to look up 'space\.example'"):
        socket.getaddrinfo("space.example", 443)


def test_a_test_may_reach_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
