"""Somebody with a session, while `people` runs and does not reply: the distributed way, where it is a process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.story.harness import PASSWORD, RunningSpace
from tests.story.person import Person, eventually, patiently

pytestmark = pytest.mark.timeout(600)
TEXT = {"language": "en", "title": "A draft", "body": "Of mine."}


def test_who_has_a_session_is_no_stranger_while_people_does_not_reply(space: RunningSpace) -> None:
    if space.way == "embedded":
        pytest.skip("people is no process; tests/unit/gateway/test_unidentified.py has this way")
    draft = Person.signed_in(space, "member").post("articles", TEXT)
    own, draft_path = "/settings", f"/news/{draft['slug']}"
    with _browser(space, "member") as browser:
        assert patiently(lambda: browser.get(draft_path)).status_code == 200
        with _suspended(space, "people"):
            # Who has the session is known for up to a second after people's last reply.
            eventually(lambda: browser.get("/talk").headers["Cache-Control"] == "no-store")
            public = browser.get("/talk")
            assert (public.status_code, public.headers["Cache-Control"]) == (200, "no-store")
            for path in (own, draft_path, "/notifications", "/api/v1/me", "/api/v1/topics"):
                answer = browser.get(path)
                assert answer.status_code == 503, path
                assert int(answer.headers["Retry-After"]) > 0
                assert answer.headers["Cache-Control"] == "no-store"
        eventually(lambda: browser.get(own).status_code == 200)
        assert patiently(lambda: browser.get(draft_path)).status_code == 200


@contextmanager
def _browser(space: RunningSpace, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=space.url, timeout=60) as browser:
        token = browser.get("/sign-in").text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"csrf_token": token, "name": name, "password": PASSWORD}
        answer = patiently(lambda: browser.post("/sign-in", data=form))
        assert answer.status_code in (302, 303), answer.text
        yield browser


@contextmanager
def _suspended(space: RunningSpace, component: str) -> Iterator[None]:
    """Suspend a component's process: it takes no calls, but its connection to the broker stays open."""
    child = next(pid for pid in _children(space.pid) if _arguments(pid)[-2:] == ["run", component])
    os.kill(child, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(child, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
