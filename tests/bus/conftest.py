"""These tests run nameko containers in the test process, so eventlet must be set up first. The suite has a separate
process."""

import eventlet

eventlet.monkey_patch()

# Only now may anything else be imported.
from collections.abc import Iterator  # noqa: E402
from contextlib import ExitStack, contextmanager  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from tests import servers  # noqa: E402
from tests.bus.harness import BusHarness  # noqa: E402
from tests.chaos import queues  # noqa: E402


@contextmanager
def on_rabbitmq(folder: Path) -> Iterator[BusHarness]:
    with ExitStack() as stack:
        urls = {name: stack.enter_context(servers.fresh_database()) for name in ("alpha", "beta")}
        harness = BusHarness(servers.bus_url(), urls, folder)
        stack.callback(harness.close)
        yield harness


@pytest.fixture
def rabbit(tmp_path: Path) -> Iterator[BusHarness]:
    """The test services on RabbitMQ with PostgreSQL, not started."""
    with on_rabbitmq(tmp_path) as harness:
        yield harness


@pytest.fixture(params=["embedded", "distributed"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusHarness]:
    """The test services, on the direct transport with SQLite and on RabbitMQ with PostgreSQL."""
    if request.param == "embedded":
        urls = {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("alpha", "beta")}
        built = BusHarness("inproc://", urls, tmp_path)
        try:
            yield built
        finally:
            built.close()
    else:
        # What another test left there is of another log.
        queues.forget(servers.bus_url(), ["beta"])
        with on_rabbitmq(tmp_path) as built:
            yield built
