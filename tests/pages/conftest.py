"""One embedded Space with the demo community for all tests of pages."""

from collections.abc import Iterator

import pytest

from tests.pages.harness import example_paths
from tests.story.harness import RunningSpace, running_system


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSpace]:
    """A running Space with the demo community."""
    with running_system("embedded", tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="session")
def paths(space: RunningSpace) -> list[str]:
    """Each kind of page that is open to all, by its path."""
    return example_paths(space.url)
