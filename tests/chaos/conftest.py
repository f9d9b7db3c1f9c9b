"""Each test breaks something while notes are written, and then checks that the system has recovered by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.harness import ChaosSystem, chaos_system


@pytest.fixture
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChaosSystem]:
    """A distributed system, on RabbitMQ and PostgreSQL, or one in the way that the test's parameter names."""
    with chaos_system(getattr(request, "param", "distributed"), tmp_path) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(600))
