"""Pages are valid HTML, accessible, described for search engines, and light."""

import re
import sys
from pathlib import Path

import httpx
import pytest

from tests.pages.harness import KINDS, MOST_SHIFT, pages_of_administrator, validator_errors
from tests.pages.lighthouse import Lighthouse
from tests.story.harness import RunningSpace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MOST_BYTES = 200_000
MOST_BYTES_OF_SHEETS = 30_000
MOST_BYTES_OF_SCRIPTS = 40_000
MOST_BLOCKING = 2  # the sheet of every page, and its section's
LOOKS = 3
MOST_ELEMENTS = 1_400
# Each of 872 languages has a button, so that the choice works without scripts.
MORE_ELEMENTS = {"/languages": 2_600}
# Search engines ask that the results of other searches be kept from them (robots.txt), and Lighthouse that all pages
# be open to them. `/search` itself is. Nor has a page that links in mails begin with anything to be found.
EXPECTED = {"/search?q=wiki": {"is-crawlable"}, "/sign-in/reset": {"is-crawlable"}}


def test_every_page_is_valid_html(space: RunningSpace, paths: dict[str, str], tmp_path: Path) -> None:
    pages = [
        (f"administrator{path}", text) for path, text in pages_of_administrator(space.url, paths).items()
    ]
    for path in paths.values():
        for language in ("en", "ar"):
            response = httpx.get(
                space.url + path, params={**httpx.URL(path).params, "uselang": language}, timeout=60
            )
            assert response.status_code == 200, path
            pages.append((language + path, response.text))
    files: list[Path] = []
    for name, text in pages:
        files.append(tmp_path / f"{len(files)}-{re.sub(r'[^a-z-]+', '_', name)[:60]}.html")
        files[-1].write_text(text)
    assert validator_errors(files) == []


def test_every_page_has_a_description(space: RunningSpace, paths: dict[str, str]) -> None:
    for path in paths.values():
        text = httpx.get(space.url + path, timeout=60).text
        assert text.count('<meta name="description" content="') == 1, path
        assert '<meta name="description" content=""' not in text, path


@pytest.mark.parametrize("kind", KINDS)
def test_lighthouse_finds_nothing_but_time(
    space: RunningSpace, paths: dict[str, str], auditor: Lighthouse, kind: str
) -> None:
    report = auditor.audit(space.url + paths[kind])
    # How fast the page is depends on the machine and decides nothing; what makes it fast is counted below.
    sys.stdout.write(f"{paths[kind]}: {report.scores}\n")
    assert report.failed == EXPECTED.get(kind, set())
    assert report.savings == {}
    assert report.unsized_images == []
    # On a busy machine Chromium sometimes counts its own change to a phone's size; what moves by itself moves each
    # time, or when scripts come late, which test_shifts.py looks for.
    looks = 1
    while report.shift > MOST_SHIFT and looks < LOOKS:
        looks += 1
        report = auditor.audit(space.url + paths[kind])
    assert report.shift <= MOST_SHIFT, report.shifts
    assert report.elements <= MORE_ELEMENTS.get(kind, MOST_ELEMENTS)
    assert len(report.blocking()) <= MOST_BLOCKING
    assert report.transferred() <= MOST_BYTES
    assert report.transferred("Stylesheet") <= MOST_BYTES_OF_SHEETS
    assert report.transferred("Script") <= MOST_BYTES_OF_SCRIPTS
