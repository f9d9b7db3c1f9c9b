"""One house a way to run, with the demo community, shared by all stories of a run."""

from collections.abc import Iterator

import pytest

from tests.story.house import House, running_house


@pytest.fixture(scope="session", params=["embedded", "distributed"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running Space with the demo community, on each way to run."""
    with running_house(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running
