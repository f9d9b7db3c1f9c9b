"""The pages to check, and the Nu validator."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx

from tests import servers
from tests.story.harness import PASSWORD

MODULES = Path(__file__).parents[2] / "node_modules"
VALIDATOR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
FIXED = (
    *("/", "/news", "/talk", "/events", "/events?view=month", "/events/map", "/groups", "/people", "/tags"),
    *("/search", "/search?q=wiki", "/conduct", "/transparency", "/about", "/feeds", "/languages"),
    *("/sign-in", "/sign-up", "/sign-in/reset", "/contact-moderators"),
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
# What somebody with every right sees; by the kind of page, what may be done with it.
MEMBERS = (
    *(
        "/",
        "/news/submit",
        "/talk/new",
        "/events/new",
        "/groups/new",
        "/settings",
        "/settings/account",
        "/drafts",
        "/news/board",
    ),
    *(
        "/news/board/agenda",
        "/notifications",
        "/notifications/follows",
        "/moderation",
        "/moderation?show=closed",
    ),
    *("/moderation/deletions", "/report?of=/people/member"),
    *(
        "/admin",
        "/admin/people",
        "/admin/people/moderator",
        "/admin/people/moderator/account",
        "/admin/categories",
        "/admin/site",
        "/admin/log",
    ),
    "/admin/categories/talk/general?lang=ar",
)
DONE_WITH = {
    "/talk/t/": ("edit", "translate", "delete"),
    "/news/": ("edit", "translate", "delete", "history"),
    "/events/": ("edit", "translate", "delete"),
}
KINDS = (*FIXED, *(kind for kind, _, _ in LISTED))
VALIDATOR_SECONDS = 120
MOST_SHIFT = 0.02
"""How much of a page may move while it loads: up to here Lighthouse gives 100."""


def example_paths(url: str) -> dict[str, str]:
    """Return the path of one page of each kind."""
    examples = {path: path for path in FIXED}
    for kind, path, link in LISTED:
        found = re.search(link, httpx.get(url + path, timeout=60).text)
        assert found, f"{path} links to no {kind}"
        examples[kind] = found[1]
    return examples


def pages_of_administrator(url: str, examples: dict[str, str]) -> dict[str, str]:
    """Return the HTML of what an administrator sees, by its path: forms, and each kind of page."""
    with httpx.Client(base_url=url, timeout=60, follow_redirects=True) as browser:
        token = browser.get("/sign-in").text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        sent = {"csrf_token": token, "name": "admin", "password": PASSWORD}
        assert 'data-signed-in="1"' in browser.post("/sign-in", data=sent).text
        paths = [*MEMBERS, *(examples[kind] for kind, _, _ in LISTED)]
        for kind, things in DONE_WITH.items():
            # A topic's and an event's own address is without the title at its end.
            own = examples[kind] if kind == "/news/" else examples[kind].rpartition("/")[0]
            paths += [f"{own}/{thing}" for thing in things]
        pages = {}
        for path in paths:
            response = browser.get(path)
            assert response.status_code == 200, path
            pages[path] = response.text
    return pages


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
