"""Each test breaks something of its own while notes are written, and then looks whether all is well, by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.harness import World, a_world


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A world on RabbitMQ and PostgreSQL, or the way that the test's parameter names."""
    with a_world(getattr(request, "param", "distributed"), tmp_path) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(150))
