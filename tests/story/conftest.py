"""One space a way to run, with the demo community, shared by all stories of a run."""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.story.browser import launch
from tests.story.harness import RunningSpace, running_system


@pytest.fixture(scope="session", params=["embedded", "distributed"])
def space(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSpace]:
    """A running Space with the demo community, on each way to run."""
    with running_system(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all stories of a module."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def mark() -> str:
    """A word that nothing else in this run contains."""
    return "zq" + uuid.uuid4().hex[:8]
