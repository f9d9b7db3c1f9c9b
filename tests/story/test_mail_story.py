"""Somebody who forgot their password: the address they confirmed, the mail, the link, and what it ends elsewhere."""

from __future__ import annotations

import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import httpx
import pytest

from tests.story.harness import PASSWORD, RunningSpace
from tests.story.person import eventually, patiently

pytestmark = pytest.mark.timeout(600)
NEW = "four other soft stones"


def test_a_forgotten_password_is_set_by_mail(space: RunningSpace) -> None:
    name = f"Oblivia_{uuid.uuid4().hex[:6]}"
    address = f"{name}@x.example"
    with _browser(space) as first, _browser(space) as second:
        _send(first, "/sign-up", name=name, password=PASSWORD, email=address)
        confirm = _link(space, address, "confirm")
        assert first.get("/settings").text.count("Not confirmed yet") == 1
        _send(second, confirm)  # in whatever browser the mail is read
        eventually(lambda: f"Confirmed: <bdi>{address}</bdi>" in first.get("/settings").text)
        assert second.get(confirm).status_code == 404

        _send(second, "/sign-in/reset", account=address.upper())
        reset = _link(space, address, "reset")
        with first.stream("GET", "/live", headers={"Accept": "text/event-stream"}) as stream:
            assert stream.status_code == 200
            lines = stream.iter_lines()
            next(lines)
            _send(second, reset, new=NEW)
            for _ in lines:  # the stream of the session that ended ends too
                pass
        assert first.get("/settings").status_code == 401
        assert (
            second.post(
                "/sign-in", data={**_token(second, "/sign-in"), "name": name, "password": PASSWORD}
            ).status_code
            == 403
        )
        _send(second, "/sign-in", name=name, password=NEW)
        assert second.get("/settings").status_code == 200


def test_a_session_that_is_ended_elsewhere_ends_at_once(space: RunningSpace) -> None:
    name = f"Twice_{uuid.uuid4().hex[:6]}"
    with _browser(space) as first, _browser(space) as second:
        _send(first, "/sign-up", name=name, password=PASSWORD)
        _send(second, "/sign-in", name=name, password=PASSWORD)
        with second.stream("GET", "/live", headers={"Accept": "text/event-stream"}) as stream:
            lines = stream.iter_lines()
            next(lines)
            _send(first, "/settings", do="sessions-end-others")
            for _ in lines:
                pass
        assert second.get("/settings").status_code == 401
        assert first.get("/settings").status_code == 200


@contextmanager
def _browser(space: RunningSpace) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=space.url, timeout=60) as browser:
        yield browser


def _token(browser: httpx.Client, path: str) -> dict[str, str]:
    return {
        "csrf_token": browser.get(path).text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    }


def _send(browser: httpx.Client, path: str, **fields: str) -> None:
    """Send the form of a page, and be led on."""
    form = {**_token(browser, path), **fields}
    answer = patiently(lambda: browser.post(path, data=form))
    assert answer.status_code == 303, answer.text


def _link(space: RunningSpace, address: str, purpose: str) -> str:
    """The path of the link in the mail of this purpose to an address, once it is there."""
    found: list[str] = []

    def arrived() -> bool:
        for file in (space.home / "mail").glob("*.eml"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            mail = message_from_bytes(file.read_bytes(), policy=SMTP)
            assert isinstance(mail, EmailMessage)
            if mail["To"].lower() == address.lower():
                body = mail.get_body(("plain",))
                assert body is not None
                found.extend(
                    re.findall(rf"{re.escape(space.url)}(/sign-in/{purpose}/\S+)", body.get_content())
                )
        return bool(found)

    eventually(arrived)
    return found[0]
