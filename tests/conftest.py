"""What holds for every test: no network beyond this machine, and no settings of the person who runs them."""

import gc
import ipaddress
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import servers

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("space", deadline=None)
settings.load_profile("space")

# A test says itself how Space is set up: what the shell has set must not decide what is tested.
for name in [name for name in os.environ if name.startswith("SPACE_") and not name.startswith("SPACE_TEST_")]:
    del os.environ[name]


class NetworkForbidden(AssertionError):
    """A test tried to reach beyond this machine."""


def forbid_network(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse to connect, send or look a name up outside of the loopback addresses.

    As an audit hook it holds for every library written in Python, patched by eventlet or not.
    """
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and not is_loopback(address[0]):
            raise NetworkForbidden(f"a test tried to reach {address[0]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not is_loopback(arguments[0]):
        raise NetworkForbidden(f"a test tried to look up {arguments[0]!r}")


def is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


sys.addaudithook(forbid_network)


# Thousands of tests and all imported modules live to the end. To go through them again and again for garbage takes
# seconds, which the collector needn't.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture
def bus_url() -> str:
    """The ``amqp://`` URL of the tests' RabbitMQ."""
    return servers.bus_url()


@pytest.fixture
def postgres_database() -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database that is this test's alone."""
    with servers.fresh_database() as url:
        yield url
