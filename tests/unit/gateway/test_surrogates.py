"""What a content delivery network in front of Space may keep, and what it is told to drop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.people import SignIn
from core.audience import STRANGER
from core.purge_target import PurgeTarget
from core.settings import Settings, SettingsError
from gateway.app import create_app
from gateway.cache import surrogates
from gateway.cache.log_ends import PRODUCERS
from gateway.cache.resources import ALL
from tests.unit.gateway.harness import PASSWORD, SystemHarness

pytestmark = pytest.mark.slow

SECRET = "a secret of the network"
WAIT = 60


class Network:
    """The network's address for purges. It refuses as many of them as `refusals` says."""

    def __init__(self) -> None:
        self.purged: Queue[set[str]] = Queue()
        self.secrets: set[str | None] = set()
        self.refusals = 0
        network = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                network.secrets.add(self.headers["Fastly-Key"])
                refused, network.refusals = network.refusals > 0, network.refusals - 1
                if not refused:
                    network.purged.put(set(self.headers["Surrogate-Key"].split()))
                self.send_response(503 if refused else 200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.target = PurgeTarget.parse(
            f"http://127.0.0.1:{self.server.server_port}/purge", f"Fastly-Key: {SECRET}"
        )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, keys: set[str]) -> None:
        """Return once all of these keys were purged."""
        while keys:
            keys = keys - self.purged.get(timeout=WAIT)


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.server.shutdown()
    network.server.server_close()


EVERYTHING = {surrogates.key_of(producer, ALL) for producer in PRODUCERS}


class Fronted:
    """A gateway with real services behind a network."""

    def __init__(self, system: SystemHarness, network: Network) -> None:
        self.system = system
        settings = system.settings.model_copy(update={"purge_target": network.target})
        self.app = create_app(settings, system.services, keep_pages=True)
        self.body = {"language": "en", "title": "Wells", "body": "Where?", "category": "help"}
        self.amina = system.robot("Amina")

    def topic(self) -> str:
        """The path of a new topic."""
        topic = self.amina.post("/topics", self.body).json
        self.system.drain()
        return f"/talk/t/{topic['id']}/{topic['slug']}"

    def get(self, path: str, **headers: str) -> Any:
        return self.app.test_client().get(path, headers=headers)

    def keys(self, path: str) -> set[str]:
        """Those of a stranger's page."""
        return set(self.get(path).headers["Surrogate-Key"].split())


@pytest.fixture
def fronted(system: SystemHarness, network: Network) -> Iterator[Fronted]:
    found = Fronted(system, network)
    yield found
    found.app.extensions["space.purges"].stop()


def test_a_network_keeps_what_strangers_read_until_its_times_change(fronted: Fronted) -> None:
    path = fronted.topic()
    for _ in range(2):  # made, and kept
        page = fronted.get(path)
        seconds = int(page.headers["Surrogate-Control"].removeprefix("max-age="))
        assert 0 < seconds <= 60
        assert page.headers["CDN-Cache-Control"] == f"max-age={seconds}"
        assert page.headers["Cache-Control"] == "no-cache"
        assert {"cookie", "accept-language"} <= {
            each.strip().lower() for each in page.headers["Vary"].split(",")
        }
    known = fronted.get(path, **{"If-None-Match": page.headers["ETag"]})
    assert known.status_code == 304
    assert known.headers["Surrogate-Key"] == page.headers["Surrogate-Key"]


def test_a_network_keeps_nothing_of_anybodys_own(fronted: Fronted) -> None:
    path = fronted.topic()
    client = fronted.app.test_client()
    opened = fronted.system.services.people.sign_in(
        STRANGER, SignIn(name="Amina", password=SecretStr(PASSWORD))
    )
    client.set_cookie("space_session", opened.token)
    pages = [
        client.get(path),
        client.get("/settings"),
        client.get("/"),
        fronted.get("/sign-in"),
        fronted.get("/search?q=wells"),
    ]
    token = fronted.get("/api/v1/me", Authorization=f"Bearer {fronted.amina.token}")
    missing = fronted.get("/talk/t/0000000000000000/x")
    for answer in (*pages, token, missing):
        assert not {"Surrogate-Key", "Surrogate-Control", "CDN-Cache-Control"} & set(answer.headers.keys())
        assert answer.headers["Cache-Control"] in ("private, no-cache", "no-store")


def test_without_a_network_nothing_is_said_to_one(system: SystemHarness) -> None:
    app = create_app(system.settings, system.services, keep_pages=True)
    assert "Surrogate-Key" not in app.test_client().get("/talk").headers
    assert "space.purges" not in app.extensions


def test_an_event_purges_the_pages_that_it_changed(fronted: Fronted, network: Network) -> None:
    one, other = fronted.topic(), fronted.topic()
    keys, others = fronted.keys(one), fronted.keys(other)
    network.wait_for(set(EVERYTHING))
    fronted.amina.post(f"/topics/{one.split('/')[3]}/posts", {"body": "There."})
    fronted.system.drain()
    mine = keys - others
    network.wait_for(set(mine))
    assert network.secrets == {SECRET}
    # Once more, for a page that was on its way.
    network.wait_for(set(mine))
    assert not (others - keys) & set().union(*network.purged.queue)


def test_all_is_purged_at_the_start_and_when_too_much_waits(network: Network) -> None:
    sent: list[list[str]] = []
    purges = surrogates.Purges(network.target, sent.append)
    for number in range(surrogates.MOST_WAITING):
        purges.add("forum", [f"topic:{number}"])
    purges.start()
    purges.add("forum", ["topic:last"])
    network_of = threading.Event()
    while not any(set(each) >= EVERYTHING for each in sent):
        assert not network_of.wait(0.01) or sent
    purges.stop()
    assert len(sent[0]) <= surrogates.MOST_AT_ONCE


def test_a_purge_that_fails_is_sent_again(fronted: Fronted, network: Network) -> None:
    network.wait_for(set(EVERYTHING))
    network.refusals = 2
    purges = fronted.app.extensions["space.purges"]
    purges.add("forum", ["topic:a"])
    network.wait_for({surrogates.key_of("forum", "topic:a")})
    assert network.refusals < 0


def test_what_is_kept_has_keys_of_its_service_too() -> None:
    keys = surrogates.keys_of({"forum": {"topic:a"}, "people": set()})
    wanted = {("forum", "topic:a"), ("forum", ALL), ("people", ALL)}
    assert set(keys) == {surrogates.key_of(*each) for each in wanted}
    assert not any("topic" in key for key in keys)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("ftp://cdn.example/purge", None),
        ("https://user:secret@cdn.example/", None),
        ("https:///purge", None),
        ("https://cdn.example/", "no-value"),
        ("https://cdn.example/", "Key: two\nLines"),
        ("https://cdn.example/", "Ké: value"),
    ],
)
def test_an_address_that_can_not_be_used_is_said_without_its_secrets(
    tmp_path: Path, url: str, header: str | None
) -> None:
    environment = {"SPACE_HOME": str(tmp_path), "SPACE_PURGE_URL": url}
    if header is not None:
        environment["SPACE_PURGE_HEADER"] = header
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(environment)
    assert "SPACE_PURGE_URL" in str(error.value)
    assert "secret" not in str(error.value)
    assert "value" not in str(error.value).replace("a value", "")
