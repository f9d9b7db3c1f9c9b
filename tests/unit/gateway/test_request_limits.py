"""How large a form may be: refused by its length, before it is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import request_limits

Token = Callable[[FlaskClient], str]
FORM = "application/x-www-form-urlencoded"


class NeverRead(io.RawIOBase):
    """A body that fails the test when it is read."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise AssertionError("the body was read")


def send(client: FlaskClient, path: str, size: int) -> int:
    """Send a form of this length that can't be read, and return the response's status."""
    environ = {"wsgi.input": NeverRead(), "CONTENT_LENGTH": str(size), "CONTENT_TYPE": FORM}
    return client.post(path, environ_overrides=environ).status_code


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/languages", request_limits.SMALL),
        ("/follow", request_limits.SMALL),
        ("/settings", request_limits.SMALL),
        ("/api.php", request_limits.SMALL),
        ("/nowhere", request_limits.SMALL),
        ("/sign-in", request_limits.WITH_TEXT),
        ("/talk/new", request_limits.WITH_TEXT),
        ("/news/submit", request_limits.WITH_TEXT),
        ("/api/v1/topics", request_limits.WITH_TEXT),
    ],
)
def test_a_form_that_is_too_long_is_not_read(stranger: FlaskClient, path: str, size: int) -> None:
    assert send(stranger, path, size + 1) == 413


def test_an_encoded_form_has_no_file(stranger: FlaskClient) -> None:
    for path in ("/news/submit", "/sign-in"):
        assert send(stranger, path, request_limits.WITH_TEXT + 1) == 413


def test_a_body_in_chunks_is_counted(stranger: FlaskClient) -> None:
    answer = stranger.post(
        "/languages",
        input_stream=io.BytesIO(b"q=" + b"x" * request_limits.SMALL),
        content_type=FORM,
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_the_longest_text_fits_as_browsers_send_it(stranger: FlaskClient, token: Token) -> None:
    longest = {"csrf_token": token(stranger), "title": "A", "body": "🗺" * 50_000}
    assert stranger.post("/talk/new", data=longest).status_code == 422  # it has no language
