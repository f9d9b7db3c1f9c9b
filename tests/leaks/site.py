"""One Space and the clients that read it: in this process, or by HTTP, which tests need not know."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx
from flask import Flask

from bus.ops.status import service_status
from core.audience import Viewer
from core.database import Database
from core.settings import SERVICES, Settings
from gateway.app import create_app
from gateway.live.broadcaster import broadcaster
from gateway.live.options import LiveOptions
from gateway.wiki.stream_messages import STREAMS
from services.blog import actions as blog_actions
from services.forum import actions as forum_actions
from services.people.actions import contact_delivery
from services.shared.limits import without_limits
from space.local import LocalSystem
from tests.leaks.calls import Calls
from tests.story.harness import RunningSpace
from tests.story.person import eventually, patiently
from tests.unit.gateway.fakes import settings
from tests.unit.gateway.harness import MemoryEventListener

PASSWORD = "correct horse battery"
ROOT = Viewer(person_id="0" * 16, name="Root", roles=frozenset({"administrator"}))
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ALL_STREAMS = f"/v2/stream/{','.join(sorted(STREAMS))}?since=2020-01-01T00:00:00Z"


@dataclass(frozen=True)
class Answer:
    """A response: of a stream what it sent until it had nothing more."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def told(self) -> str:
        """All that it says: headers, without the cookies that only their reader gets, and body."""
        lines = [f"{name}: {value}" for name, value in self.headers if name.lower() != "set-cookie"]
        return "\n".join([*lines, self.text])


class Site(Protocol):
    """A Space that can be asked, and whose events take effect."""

    home: Path
    domain: str

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer: ...
    def drain(self) -> None:
        """Return once all events have taken effect."""

    def make_administrator(self, name: str) -> None: ...


@dataclass
class Client:
    """What one browser or program sends: with a session, with a token, or with neither."""

    site: Site
    session: str = ""
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = "", **headers: str
    ) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if kind:
            given["Content-Type"] = kind
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        cookies = {**self.cookies, **({"space_session": self.session} if self.session else {})}
        if cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return self.site.send(method, path, given, body)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request to `/api/v1`, with a form's token where a browser sends it."""
        if self.session and method != "GET":
            headers["X_CSRF_Token"] = self.form_token()
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, f"/api/v1{path}", data, kind="application/json" if data else "", **headers)

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a request that must succeed."""
        answer = self.api(method, path, body)
        assert answer.status < 300, (method, path, answer.status, answer.text[:2000])
        return answer.json if answer.body else None

    def form_token(self) -> str:
        """A token for this browser's forms: from a page that everybody may open."""
        answer = self.get("/languages?q=none-has-this")
        for name, value in answer.headers:
            if name.lower() == "set-cookie" and value.startswith("space_visit="):
                self.cookies["space_visit"] = value.partition("=")[2].partition(";")[0]
        found = FORM_TOKEN.search(answer.text)
        assert found, answer.text[:2000]
        return found[1]

    def submit(self, path: str, fields: Mapping[str, Any], token: str | None = None) -> Answer:
        """Send a form. `token` is that of its page; None: a right one."""
        pairs = dict(fields)
        given = self.form_token() if token is None else token
        if given:
            pairs["csrf_token"] = given
        data = urlencode(pairs, doseq=True).encode()
        return self.send("POST", path, data, kind="application/x-www-form-urlencoded")


def session_of(answer: Answer) -> str:
    """The session that a sign-in or sign-up began."""
    for name, value in answer.headers:
        if name.lower() == "set-cookie" and (found := re.match(r"space_session=([^;]+)", value)):
            return found[1]
    raise AssertionError(answer.text[:3000])


def open_cases(client: Client) -> list[str]:
    """The ids of all cases in somebody's queue, the oldest first."""
    found: list[str] = []
    path = "/moderation"
    while path:
        page = client.get(path).text
        found += re.findall(r'href="/moderation/cases/([0-9a-z]{16})"', page)
        more = re.search(r'href="(/moderation\?[^"]*after=[^"]*)"', page)
        path = html.unescape(more[1]) if more else ""
    return list(dict.fromkeys(found))


class LocalSite:
    """All services and the gateway, with its caches, in this process; nothing happens before `drain`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        databases = {name: f"sqlite:///{home}/{name}.sqlite" for name in SERVICES}
        self.settings = settings(home).model_copy(update={"databases": databases})
        self.domain = "space.test"
        self.local = LocalSystem(self.settings, through_codec=True)
        self.listener = MemoryEventListener()
        self.calls = Calls()
        self.services = self.calls.of(replace(self.local.services, listener=self.listener))
        self.published = dict.fromkeys(SERVICES, 0)
        self.app: Flask = create_app(self.settings, self.services, keep_pages=True)
        self.app.testing = True
        with self.app.app_context():
            broadcaster().use(LiveOptions(heartbeat=0.02, pull=0.01, retry=0.01))
        self._client = self.app.test_client(use_cookies=False)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        answer = self._client.open(path, method=method, headers=dict(headers), data=body, buffered=False)
        if answer.mimetype == "text/event-stream":
            content = b"".join(_until_quiet(iter(answer.response)))  # type: ignore[arg-type]
        else:
            content = answer.get_data()
        answer.close()
        return Answer(answer.status_code, tuple(answer.headers.items()), content)

    def drain(self) -> None:
        with self.local.databases["people"].writing() as session:
            contact_delivery.deliver(session)
        self.local.drain()
        for name in SERVICES:
            producer = getattr(self.services, name)
            while events := producer.events_after(self.published[name], 1000):
                for event in events:
                    self.published[name] = event.seq
                    self.listener.publish(event)

    def make_administrator(self, name: str) -> None:
        self.services.people.grant_role(ROOT, name, "administrator", True)

    def lay_categories(self) -> None:
        """One category of the blog (`stories`) and one of the forum (`help`)."""
        with self.local.databases["blog"].writing() as session:
            blog_actions.set_category(session, ROOT, "stories", "en", {"en": ("Stories", "What happened")})
        with self.local.databases["forum"].writing() as session:
            forum_actions.set_category(session, ROOT, "help", "en", {"en": ("Help", "Ask here")})


@contextmanager
def unlimited_site(home: Path) -> Iterator[LocalSite]:
    """A site in this process with its categories, on which nobody writes too much."""
    site = LocalSite(home)
    site.lay_categories()
    with without_limits():
        yield site
    site.local.close()


class RunningSite:
    """A Space that was started as an operator starts it."""

    def __init__(self, space: RunningSpace) -> None:
        self.space = space
        self.home = space.home
        self.domain = space.url.removeprefix("http://")
        # A compressed answer has another length for each word in it.
        plain = {"Accept-Encoding": "identity"}
        self._http = httpx.Client(base_url=space.url, timeout=60, follow_redirects=False, headers=plain)

        where = Settings.from_environment(space.environment)
        self._databases = {name: Database(where.databases[name]) for name in SERVICES}

    def close(self) -> None:
        self._http.close()
        for database in self._databases.values():
            database.close()

    def make_administrator(self, name: str) -> None:
        """As an operator does: the account is there already."""
        command = [sys.executable, "-W", "ignore", "-m", "space", "admin", name, "--password", PASSWORD]
        subprocess.run(command, env=dict(self.space.environment), check=True, capture_output=True)

    def drain(self) -> None:
        """Events take effect by themselves; the processes' databases say when all have."""
        eventually(self._is_drained, 120)

    def _is_drained(self) -> bool:
        statuses = []
        for name, database in self._databases.items():
            with database.reading() as session:
                statuses.append(service_status(session, name, ""))
        ends = {each.name: each.log_end for each in statuses}
        return all(
            each.offset == ends[each.producer] and not each.retrying and not each.dead_lettered
            for status in statuses
            for each in status.subscriptions
        )

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        def once() -> httpx.Response:
            request = self._http.build_request(method, path, headers=dict(headers), content=body)
            found = self._http.send(request, stream=True)
            if found.status_code == 503:
                found.read()
            return found

        answer = patiently(once)
        self._http.cookies.clear()
        try:
            if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
                content = b"".join(_until_quiet(answer.iter_bytes()))
            else:
                content = answer.read()
        finally:
            answer.close()
        return Answer(answer.status_code, tuple(answer.headers.multi_items()), content)


def _until_quiet(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What a stream sends before it waits: a heartbeat after the beginning, or that it has caught up."""
    for number, chunk in enumerate(chunks):
        yield chunk
        if b":caught-up" in chunk or (number and chunk.startswith(b":")):
            return
