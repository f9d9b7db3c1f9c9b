from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.leaks.cast import Cast
from tests.leaks.site import LocalSite


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """The community in this process, which tests look at and do not change."""
    site = LocalSite(tmp_path_factory.mktemp("leaks"))
    site.lay_categories()
    yield Cast(site)
    site.local.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take minutes, so that no process waits for them at the end."""
    items.sort(key=lambda item: item.path.name != "test_random_worlds.py")
