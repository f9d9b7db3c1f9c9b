"""Pages are kept while people write at random: each is soon the one that would be made now, on both ways to run.

`tests/unit/gateway/test_page_cache_exact.py` plays all writes, in one thread. Here events go through the bus, and the
gateway is another process than the services when they are apart.
"""

from __future__ import annotations

import itertools
import re
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.story.harness import RunningSpace
from tests.story.person import Person, eventually, patiently

pytestmark = pytest.mark.timeout(600)

WRITES = ("reply", "edit", "rename", "tag", "close", "open", "translate", "delete", "topic")
PAGES = (
    "/",
    "/talk",
    "/talk?sort=new",
    "/talk/c/{category}",
    "{topic}",
    "{topic}?lang=de",
    "/tags",
    "/people/{name}",
)

CATEGORY = "general"

_numbers = itertools.count()


class Writers:
    """A member and a moderator who write in one topic."""

    def __init__(self, space: RunningSpace) -> None:
        self.member = Person.signed_in(space, "member")
        self.moderator = Person.signed_in(space, "moderator")
        self.topic = self.open()

    def open(self) -> dict[str, Any]:
        """A new topic."""
        text = {"language": "en", "title": f"Kept {next(_numbers)}", "body": "Which *maps*?"}
        opened: dict[str, Any] = self.member.post("topics", {**text, "category": CATEGORY})
        return opened

    def write(self, what: str) -> None:
        """One step, in the topic as it is now; what can't be done now is refused, which is as good."""
        path, number = f"topics/{self.topic['id']}", next(_numbers)
        revision = self.member.get(path)["revision"]
        posts = self.member.get(f"{path}/posts")["items"]
        if what == "topic":
            self.topic = self.open()
            return
        if what == "delete" and len(posts) == 1:
            what = "reply"  # without its first post the topic is gone
        person, method, where, body = {
            "reply": (
                self.moderator,
                "POST",
                f"{path}/posts",
                {"language": "en", "body": f"Reply {number}."},
            ),
            "edit": (
                self.member,
                "PATCH",
                f"posts/{posts[0]['id']}",
                {"revision": posts[0]["revision"], "body": f"Edited {number}."},
            ),
            "rename": (self.member, "PATCH", path, {"revision": revision, "title": f"Renamed {number}"}),
            "tag": (self.member, "PATCH", path, {"revision": revision, "tags": [f"kept-{number}"]}),
            "close": (self.moderator, "PATCH", path, {"revision": revision, "closed": True}),
            "open": (self.moderator, "PATCH", path, {"revision": revision, "closed": False}),
            "translate": (
                self.moderator,
                "PUT",
                f"{path}/versions/de",
                {"title": f"Titel {number}", "body": "Welche?"},
            ),
            "delete": (self.moderator, "DELETE", f"posts/{posts[-1]['id']}?reason=spam", None),
        }[what]
        answer = patiently(lambda: person.http.request(method, f"/api/v1/{where}", json=body))
        assert answer.status_code < 500, (what, answer.text)

    def address(self, page: str) -> str:
        """A page's address."""
        topic = f"/talk/t/{self.topic['id']}/{self.member.get('topics/' + self.topic['id'])['slug']}"
        return page.format(topic=topic, category=CATEGORY, name="member")


@pytest.fixture(scope="module")
def writers(space: RunningSpace) -> Writers:
    """Those who write, in each way to run."""
    return Writers(space)


@settings(
    max_examples=4,
    deadline=None,
    # What was written stays, so no example can be tried again.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(WRITES), st.sampled_from(PAGES)), min_size=3, max_size=8))
def test_a_kept_page_is_soon_that_of_now(
    space: RunningSpace, writers: Writers, steps: list[tuple[str, str]]
) -> None:
    with httpx.Client(base_url=space.url, timeout=60) as stranger:

        def shown(address: str, number: int) -> tuple[int, str]:
            # Pages read `v`, so with a number that none had before it is made now.
            separator = "&" if "?" in address else "?"
            page = patiently(lambda: stranger.get(f"{address}{separator}v={number}"))
            return page.status_code, re.sub(r"v(=|%3D)\d+", "v", page.text)

        def is_that_of_now(address: str) -> bool:
            return shown(address, 0) == shown(address, 1_000_000 + next(_numbers))

        pages = {page for _, page in steps}
        for write, _ in steps:
            for page in pages:
                shown(writers.address(page), 0)
            writers.write(write)
            for page in pages:
                eventually(partial(is_that_of_now, writers.address(page)))
                assert shown(writers.address(page), 0)[0] == 200, page
