"""Pages are valid HTML, accessible, described for search engines, and light."""

import sys
from pathlib import Path

import httpx
import pytest

from tests.pages.harness import lighthouse, validator_errors
from tests.story.harness import RunningSpace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MOST_BYTES = 500_000
MOST_ELEMENTS = 2_000
# Lighthouse's kinds of pages: a run takes some ten seconds.
KINDS = ("/", "/talk/t/", "/events/map", "/news/", "/sign-in")
EXPECTED: dict[str, set[str]] = {}


def test_every_page_is_valid_html(space: RunningSpace, paths: list[str], tmp_path: Path) -> None:
    files = []
    for number, path in enumerate(paths):
        response = httpx.get(space.url + path, timeout=60)
        assert response.status_code == 200, path
        files.append(tmp_path / f"{number}.html")
        files[-1].write_text(response.text)
    assert validator_errors(files) == []


def test_every_page_has_a_description(space: RunningSpace, paths: list[str]) -> None:
    for path in paths:
        text = httpx.get(space.url + path, timeout=60).text
        assert text.count('<meta name="description" content="') == 1, path
        assert '<meta name="description" content=""' not in text, path


@pytest.mark.parametrize("kind", KINDS)
def test_lighthouse_finds_nothing_but_time(
    space: RunningSpace, paths: list[str], kind: str, tmp_path: Path
) -> None:
    path = next(each for each in reversed(paths) if each.startswith(kind) and (kind != "/" or each == "/"))
    report = lighthouse(space.url + path, tmp_path)
    scores = {name: each["score"] for name, each in report["categories"].items()}
    # Performance depends on time, so it decides nothing.
    sys.stdout.write(f"{path}: performance {scores['performance']}\n")
    audits = report["audits"]
    failed = {
        each["id"]
        for name in ("accessibility", "best-practices", "seo")
        for each in report["categories"][name]["auditRefs"]
        if each["weight"] and audits[each["id"]]["score"] not in (None, 1)
    }
    assert failed - EXPECTED.get(kind, set()) == set()
    assert audits["unsized-images"]["score"] == 1
    assert audits["total-byte-weight"]["numericValue"] <= MOST_BYTES
    assert audits["dom-size"]["numericValue"] <= MOST_ELEMENTS
