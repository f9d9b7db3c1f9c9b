"""Programs made for MediaWiki start on Space as they are, and search it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import mwclient
import mwclient.listing
import pytest

from tests.story.harness import RunningSpace
from tests.story.person import Person, eventually

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def title(space: RunningSpace) -> str:
    """The title of a topic that a search finds."""
    word = f"w{secrets.token_hex(4)}"
    body = {"language": "en", "title": f"Street maps {word}", "body": "Look.", "category": "general"}
    Person.signed_in(space, "member").post("topics", body)
    stranger = Person(space)
    eventually(lambda: stranger.get("search", q=word)["total"])
    return body["title"]


def test_mwclient_starts_and_searches(space: RunningSpace, title: str) -> None:
    site = mwclient.Site(urlsplit(space.url).netloc, path="/", scheme="http", clients_useragent="tests")
    assert site.version[:2] == (1, 43)
    assert next(each["title"] for each in site.search(title.split()[-1])) == title
    beginning = mwclient.listing.List(site, "prefixsearch", "ps", pssearch=title[:-2])
    assert next(iter(beginning))["title"] == title
    site.connection.close()


def test_pywikibot_starts_and_searches(space: RunningSpace, title: str, tmp_path: Path) -> None:
    # It leaves a cache in the folder that it runs in.
    environment = {
        **os.environ,
        "PYWIKIBOT_NO_USER_CONFIG": "2",
        "PYWIKIBOT_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.story.pywikibot_client", space.url, title.split()[-1]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "API warning" not in done.stderr, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["generator"].startswith("MediaWiki 1.43")
    assert found["namespaces"] == [-1, 0]
    assert found["user"] is None
    assert found["titles"][0] == title
