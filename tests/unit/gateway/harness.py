"""The real services without a broker, and a client that speaks JSON: for what system use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from flask import Flask

from contracts.common import Producer, Recorded
from contracts.people import NewToken, Register
from core import clock, gazetteer
from core.audience import STRANGER, Role, Viewer
from core.settings import SERVICES
from gateway.app import create_app
from gateway.live.broadcaster import broadcaster
from gateway.live.options import LiveOptions
from gateway.site.sitemap import Months
from services.blog import actions as blog_actions
from services.forum import actions as forum_actions
from space.local import LocalSystem
from tests.unit.gateway.fakes import settings
from tests.unit.harness import lay

PASSWORD = "correct horse battery"
ROOT = Viewer(person_id="0" * 16, name="Root", roles=frozenset({"administrator"}))


class MemoryEventListener:
    """An event listener that receives what a test publishes."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Recorded], None]] = []

    def listen(self, handle: Callable[[Recorded], None]) -> Callable[[], None]:
        self.listeners.append(handle)
        return lambda: self.listeners.remove(handle)

    def publish(self, event: Recorded) -> None:
        for handle in list(self.listeners):
            handle(event)


class SystemHarness:
    """A system of real services with its gateway. `drain()` lets events take effect and be published."""

    def __init__(self, home: Path, tokens: dict[str, str] | None = None, **changes: Any) -> None:
        system = settings(home)
        databases = {name: f"sqlite:///{home}/{name}.sqlite" for name in SERVICES}
        self.settings = system.model_copy(update={"databases": databases, **changes})
        self.local = LocalSystem(self.settings, through_codec=True)
        self.listener = MemoryEventListener()
        self.services = replace(self.local.services, listener=self.listener)
        self.app: Flask = create_app(self.settings, self.services)
        self.app.testing = True
        self.begin(tokens)

    def begin(self, tokens: dict[str, str] | None = None) -> None:
        """Know what lies in the databases, and nothing else."""
        self.published = {name: getattr(self.services, name).log_end() for name in SERVICES}
        self.people = {name: Robot(self, token) for name, token in (tokens or {}).items()}

    def lay_categories(self) -> None:
        """One category of the blog (`stories`) and one of the forum (`help`)."""
        with self.local.databases["blog"].writing() as session:
            blog_actions.set_category(session, ROOT, "stories", "en", {"en": ("Stories", "What happened")})
        with self.local.databases["forum"].writing() as session:
            forum_actions.set_category(session, ROOT, "help", "en", {"en": ("Help", "Ask here")})

    def set_live(self, options: LiveOptions) -> None:
        """Let streams that are opened from now on look and hold as `options` say."""
        with self.app.app_context():
            broadcaster().use(options)

    def drain(self) -> None:
        """Let events take effect, and publish them to the gateway's listeners."""
        self.local.drain()
        for name in SERVICES:
            producer: Producer = getattr(self.services, name)
            for event in producer.events_after(self.published[name], 1000):
                self.published[name] = event.seq
                self.listener.publish(event)

    def robot(self, name: str, *roles: str) -> Robot:
        """Somebody with an account and a token, holding `roles`."""
        if name not in self.people:
            self.services.people.register(STRANGER, Register(name=name, password=PASSWORD))
            for role in roles:
                self.services.people.grant_role(ROOT, name, cast(Role, role), True)
            stranger = Robot(self)
            scopes = ["read", "write", "moderate"]
            made = stranger.post(
                "/tokens", {"name": name, "password": PASSWORD, "label": "test", "scopes": scopes}
            )
            assert made.status_code == 201, made.text
            self.people[name] = Robot(self, NewToken.model_validate(made.json).token)
            self.drain()
        return self.people[name]


def hidden_group(system: SystemHarness) -> dict[str, Any]:
    """Amina's group that nobody else is in, and that strangers can't learn of."""
    wanted = {"slug": "circle", "kind": "hidden", "language": "en", "name": "Circle"}
    made = system.robot("Amina").post("/groups", wanted)
    assert made.status_code == 201, made.text
    system.drain()
    group: dict[str, Any] = made.json
    return group


def plan_event(system: SystemHarness, title: str, **more: Any) -> dict[str, Any]:
    """An event of Amina's in thirty days."""
    day = (clock.now() + timedelta(days=30)).date()
    body = {
        "language": "en", "title": title, "body": "Bring shoes.", "start": f"{day}T18:00", "minutes": 90,
        "timezone": "UTC", "online_url": "https://meet.test/", **more,
    }  # fmt: skip
    made = system.robot("Amina").post("/events", body)
    assert made.status_code == 201, made.text
    event: dict[str, Any] = made.json
    return event


def proposal_id(system: SystemHarness) -> str:
    """The id of a change that Boris proposed of a published article of Amina's."""
    amina, edith = system.robot("Amina"), system.robot("Edith")
    body = {"language": "en", "title": "Wells", "body": "Two wells.", "category": "stories"}
    path = f"/articles/{amina.post('/articles', body).json['id']}"
    amina.post(f"{path}/submit")
    out = edith.post(f"{path}/publish").json
    proposed = system.robot("Boris").patch(path, {"revision": out["revision"], "body": "Three wells."})
    assert proposed.status_code == 202, proposed.text
    found: str = proposed.json["id"]
    return found


@dataclass(frozen=True)
class Template:
    """A system with people, categories and the gazetteer in it, to be copied: that takes less time than to build
    one."""

    home: Path
    tokens: dict[str, str]

    @classmethod
    def build(cls, home: Path, gazetteer_home: Path) -> Template:
        file = gazetteer.file_in(home)
        file.symlink_to(gazetteer_home / file.name)
        system = SystemHarness(home)
        system.lay_categories()
        system.robot("Amina")
        system.robot("Boris")
        system.robot("Edith", "editor")
        system.robot("Mina", "moderator")
        system.local.close()
        return cls(home, {name: robot.token or "" for name, robot in system.people.items()})

    def copy(self, home: Path) -> SystemHarness:
        shutil.copytree(self.home, home, symlinks=True, dirs_exist_ok=True)
        return SystemHarness(home, self.tokens)

    def lay_again(self, system: SystemHarness) -> None:
        """Make a copy what it was: that takes less time than a new one, whose application has all its addresses to
        compile, and whose databases all their statements."""
        for database in system.local.databases.values():
            database.close()
            database.after_commit.clear()
        for name in SERVICES:
            lay(self.home / f"{name}.sqlite", system.settings.home / f"{name}.sqlite")
        system.listener = MemoryEventListener()
        system.services = replace(system.local.services, listener=system.listener)
        system.app.extensions["space.services"] = system.services
        system.app.extensions["space.sitemap"] = Months(system.services)
        system.app.extensions.pop("space.broadcaster", None)
        system.begin(self.tokens)


class Robot:
    """A client of the API, with a token or without."""

    def __init__(self, system: SystemHarness, token: str | None = None) -> None:
        self.system = system
        self.token = token
        self.client = system.app.test_client(use_cookies=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        full = path if path.startswith(("/api", "/feeds", "/v2", "/wiki")) else f"/api/v1{path}"
        return self.client.open(full, method=method, data=data, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.ask("DELETE", path, **headers)
