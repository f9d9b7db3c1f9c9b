"""What the terminal says when Space has started."""

import pytest

from core.settings import SERVICES
from tests.story.harness import PASSWORD, RunningSpace

pytestmark = pytest.mark.timeout(600)


def test_the_terminal_ends_with_how_to_sign_in_and_where(space: RunningSpace) -> None:
    said = (space.home / "output.txt").read_text(encoding="utf-8").splitlines()
    assert "Starting Space …" in said[:20]
    end = next(place for place, line in enumerate(said) if line.startswith(f"Space is at {space.url} "))
    accounts = [line.split()[0] for line in said[:end] if line.endswith(f" {PASSWORD}")]
    assert accounts == ["member", "editor", "moderator", "admin"]
    services = [place for place, line in enumerate(said) if line.startswith("Running: ")]
    assert len(services) == (0 if space.way == "embedded" else len(SERVICES))
    assert all(place < end for place in services), "who reads the address finds every service running"
