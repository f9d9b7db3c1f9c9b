"""These tests run nameko containers in the test process, so eventlet must be set up first. The suite has a separate
process."""

import eventlet

eventlet.monkey_patch()

# Only now may anything else be imported.
from collections.abc import Iterator  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from tests import servers  # noqa: E402
from tests.bus.harness import BusHarness  # noqa: E402
from tests.chaos import queues  # noqa: E402


@pytest.fixture(params=["embedded", "distributed"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusHarness]:
    """The test services, on the direct transport with SQLite and on RabbitMQ with PostgreSQL."""
    with ExitStack() as stack:
        if request.param == "embedded":
            bus_url = "inproc://"
            urls = {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("alpha", "beta")}
        else:
            bus_url = servers.bus_url()
            # What another test left there is of another log.
            queues.forget(bus_url, ["beta"])
            urls = {name: stack.enter_context(servers.fresh_database()) for name in ("alpha", "beta")}
        built = BusHarness(bus_url, urls, tmp_path)
        stack.callback(built.close)
        yield built
