"""The pages to check, and the Nu validator."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx

from tests import servers

MODULES = Path(__file__).parents[2] / "node_modules"
VALIDATOR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
FIXED = (
    *("/", "/news", "/talk", "/events", "/events?view=month", "/events/map", "/groups", "/people", "/tags"),
    *("/search", "/search?q=wiki", "/about", "/feeds", "/languages", "/sign-in", "/sign-up"),
)
# The kind of page, the list that links to one, and the form of that link.
LISTED = (
    ("/talk/t/", "/talk", r'href="(/talk/t/[^"?#]+)"'),
    ("/talk/c/", "/talk", r'href="(/talk/c/[^"?#]+)"'),
    ("/news/", "/news", r'href="(/news/(?!submit|board)[^"/?#]+)"'),
    ("/events/", "/events", r'href="(/events/(?!map|new)[^"?#]+)"'),
    ("/people/", "/people", r'href="(/people/[^"/?#]+)"'),
    ("/groups/", "/groups", r'href="(/groups/(?!new)[^"/?#]+)"'),
    ("/tags/", "/tags", r'href="(/tags/[^"?#]+)"'),
)
KINDS = (*FIXED, *(kind for kind, _, _ in LISTED))
VALIDATOR_SECONDS = 120


def example_paths(url: str) -> dict[str, str]:
    """Return the path of one page of each kind."""
    examples = {path: path for path in FIXED}
    for kind, path, link in LISTED:
        found = re.search(link, httpx.get(url + path, timeout=60).text)
        assert found, f"{path} links to no {kind}"
        examples[kind] = found[1]
    return examples


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
