"""One embedded Space with the demo community for all tests of pages."""

from collections.abc import Iterator

import pytest

from tests.pages.harness import example_paths
from tests.pages.lighthouse import Lighthouse, lighthouse
from tests.story.harness import RunningSpace, running_system


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSpace]:
    """A running Space with the demo community."""
    with running_system("embedded", tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="session")
def paths(space: RunningSpace) -> dict[str, str]:
    """The path of one page of each kind that is open to all."""
    return example_paths(space.url)


@pytest.fixture(scope="session")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lighthouse]:
    """Lighthouse, for all pages."""
    with lighthouse(tmp_path_factory.mktemp("lighthouse")) as running:
        yield running
