"""These tests run nameko containers in the test process, so eventlet must come first; they have a process
of their own."""

import eventlet

eventlet.monkey_patch()

# Only now may anything else be imported.
import os  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

import bus.inproc  # noqa: E402
from tests.bus.toy import Street  # noqa: E402
from tests.bus.toy_servers import new_postgresql_database  # noqa: E402


@pytest.fixture(params=["embedded", "distributed"])
def street(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Street]:
    """Two toy services on one bus: in-process with SQLite, and on RabbitMQ with PostgreSQL."""
    mark = uuid.uuid4().hex[:8]
    if request.param == "embedded":
        bus.inproc.wipe()
        urls = {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("alpha", "beta")}
        built = Street("inproc://", urls, tmp_path)
    else:
        bus_url, postgres_url = (
            os.environ.get("SPACE_TEST_BUS_URL"),
            os.environ.get("SPACE_TEST_POSTGRES_URL"),
        )
        if not bus_url or not postgres_url:
            reason = "no RabbitMQ and PostgreSQL: `make test` starts them"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        urls = {name: new_postgresql_database(postgres_url, f"{name}_{mark}") for name in ("alpha", "beta")}
        built = Street(bus_url, urls, tmp_path)
    yield built
    built.close()
