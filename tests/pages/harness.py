"""The pages to check, and the two programs that check them: the Nu validator and Lighthouse."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests import servers

MODULES = Path(__file__).parents[2] / "node_modules"
VALIDATOR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
LIGHTHOUSE = MODULES / "lighthouse" / "cli" / "index.js"
FIXED = (
    "/",
    "/news",
    "/talk",
    "/events",
    "/events?view=month",
    "/events/map",
    "/search?q=wiki",
    "/people",
    "/sign-in",
)
MORE = ("/sign-up", "/groups", "/tags", "/about", "/feeds", "/languages")
# The first link of this form on a page leads to a page of the kind that it lists.
LISTED = {
    "/talk": r'href="(/talk/t/[^"?#]+)"',
    "/news": r'href="(/news/(?!submit|board)[^"/?#]+)"',
    "/events": r'href="(/events/(?!map|new)[^"?#]+)"',
    "/people": r'href="(/people/[^"/?#]+)"',
    "/groups": r'href="(/groups/(?!new)[^"/?#]+)"',
}
VALIDATOR_SECONDS = 120
LIGHTHOUSE_SECONDS = 180
# On a busy machine Chromium may record no start of the page, and Lighthouse then asks to be run again.
ATTEMPTS = 4


def example_paths(url: str) -> list[str]:
    """Return the fixed pages and one example of each kind that a list links to."""
    examples = []
    for path, link in LISTED.items():
        found = re.search(link, httpx.get(url + path, timeout=60).text)
        assert found, f"{path} links to none of its pages"
        examples.append(found[1])
    return [*FIXED, *MORE, *examples]


def validator_errors(files: list[Path]) -> list[str]:
    """Return what the Nu validator finds wrong in HTML files, a line each. Skips the test without Java."""
    java = shutil.which("java")
    if java is None or not VALIDATOR.is_file():
        servers.missing("Java or the Nu validator", "run `make setup setup-servers`")
    command = [str(java), "-jar", str(VALIDATOR), "--errors-only", "--format", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=VALIDATOR_SECONDS, check=False)
    return [
        f"{Path(each.get('url', '')).name}:{each.get('lastLine')}: {each['message']}: {each.get('extract', '')}"
        for each in json.loads(done.stderr)["messages"]
    ]


def lighthouse(url: str, home: Path) -> dict[str, Any]:
    """Return Lighthouse's report on a page as a phone shows it. Skips the test without Node.js or Chromium."""
    node = shutil.which("node")
    if node is None or not LIGHTHOUSE.is_file():
        servers.missing("Lighthouse", "run `make setup`")
    flags = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
    command = [str(node), str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--chrome-flags={flags}"]
    environment = {**os.environ, "CHROME_PATH": servers.chromium(), "HOME": str(home), "CI": "true"}
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            [*command, "--no-enable-error-reporting"],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=LIGHTHOUSE_SECONDS,
            check=False,
        )
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report
