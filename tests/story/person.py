"""Somebody who uses the API with a token."""

from __future__ import annotations

import time
import uuid
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from tests.story.harness import PASSWORD, RunningSpace

T = TypeVar("T")


class Person:
    """A client of `/api/v1`: `get`, `post` … answer the JSON body, or fail with what the server said."""

    def __init__(self, space: RunningSpace, name: str | None = None, languages: str = "en") -> None:
        self.name = name
        self.http = httpx.Client(base_url=space.url, timeout=60, headers={"Accept-Language": languages})
        # Left to itself it would go with a warning, which is an error here.
        weakref.finalize(self, self.http.close)

    @classmethod
    def signed_in(
        cls, space: RunningSpace, name: str, password: str = PASSWORD, languages: str = "en"
    ) -> Person:
        """One of the demo's accounts, or any other, by a fresh token."""
        person = cls(space, name, languages)
        scopes = ["read", "write", "moderate"]
        answer = person.post(
            "tokens", {"name": name, "password": password, "label": "story", "scopes": scopes}, status=201
        )
        person.http.headers["Authorization"] = f"Bearer {answer['token']}"
        return person

    @classmethod
    def newcomer(cls, space: RunningSpace, base_name: str, languages: str = "en") -> Person:
        """Somebody who has just signed up with the form, under a name that is new in this run."""
        name = f"{base_name}_{uuid.uuid4().hex[:6]}"
        with httpx.Client(base_url=space.url, timeout=60) as browser:
            page = browser.get("/sign-up").text
            token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
            form = {"csrf_token": token, "name": name, "password": PASSWORD}
            answer = patiently(lambda: browser.post("/sign-up", data=form))
        assert answer.status_code in (302, 303), answer.text
        return cls.signed_in(space, name, languages=languages)

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """`GET /api/v1/<path>`."""
        return self._body(self._send("GET", path, params=params or None), status)

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        """`POST /api/v1/<path>`."""
        headers.setdefault("Idempotency-Key", uuid.uuid4().hex)
        return self._body(self._send("POST", path, json=body or {}, headers=headers), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        """`PATCH /api/v1/<path>`."""
        return self._body(self._send("PATCH", path, json=body), status)

    def put(self, path: str, body: Any = None, status: int = 200) -> Any:
        """`PUT /api/v1/<path>`."""
        return self._body(self._send("PUT", path, json=body or {}), status)

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        return patiently(lambda: self.http.request(method, f"/api/v1/{path}", **request))

    def _body(self, response: httpx.Response, status: int) -> Any:
        assert response.status_code == status, (
            f"{response.request.url}: {response.status_code} {response.text}"
        )
        return response.json() if response.content else None


def patiently(send: Callable[[], httpx.Response], seconds: float = 60) -> httpx.Response:
    """Send a request again while the answer says when to come again, as it does on a machine that is very busy."""
    end = time.monotonic() + seconds
    while True:
        response = send()
        if response.status_code != 503 or time.monotonic() > end:
            return response
        time.sleep(float(response.headers["Retry-After"]))


def eventually(condition: Callable[[], T], seconds: float = 60) -> T:
    """Wait until `condition` answers something true, and answer that."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)
