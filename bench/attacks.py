"""Attacks by which one client could stop Space, each from an address of its own: the process beside `bench.hostile`.

`python -m bench.attacks PORT NAME…` reads the state that `prepare` made as JSON from standard input, attacks until
that is closed, and prints how often each attack got which answer.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import random
import re
import socket
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from PIL import Image

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PICTURE = {"alt": "Grey", "author": "Nobody", "licence": "CC0 1.0", "source": "none"}


@dataclass
class Attacker:
    """A client at an address of its own, with a member's token or without."""

    port: int
    address: str
    state: dict[str, str]
    stop: threading.Event
    answers: Counter[str] = field(default_factory=Counter)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, str]:
        """Status, content and cookies of an answer; status 0 where the connection is closed instead."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(self.address, 0)
        )
        try:
            connection.request(
                method, path, body, {name.replace("_", "-"): text for name, text in headers.items()}
            )
            response = connection.getresponse()
            content = response.read()
            found = response.status, content, response.headers.get("Set-Cookie", "").split(";")[0]
        except (OSError, http.client.HTTPException):
            found = 0, b"", ""
        finally:
            connection.close()
        self.answers[str(found[0])] += 1
        if found[0] in (0, 429, 503):
            self.stop.wait(0.05)
        return found

    def as_member(self, path: str, body: dict[str, Any], method: str = "POST") -> tuple[int, dict[str, Any]]:
        """Send JSON to the API as the attacking member."""
        status, content, _ = self.ask(
            method, f"/api/v1/{path}", json.dumps(body).encode(),
            **JSON, Authorization=f"Bearer {self.state['token']}",
        )  # fmt: skip
        return status, json.loads(content or b"{}")

    def at_once(self, number: int, act: Callable[[int], object]) -> None:
        """Do something `number` times at once, again and again."""
        with ThreadPoolExecutor(number) as pool:
            while not self.stop.is_set():
                list(pool.map(act, range(number)))

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A bare connection."""
        with socket.socket() as made:
            made.bind((self.address, 0))
            made.settimeout(60)
            made.connect(("127.0.0.1", self.port))
            yield made


def pictures(attacker: Attacker) -> None:
    """Twelve uploads at once: a PNG of 119 KiB with 6300² pixels of 16 bits, and a photo of 48 million pixels."""
    files = [_encoded("I;16", (6300, 6300), "PNG"), _encoded("RGB", (8000, 6000), "JPEG")]
    attacker.at_once(
        12, lambda number: attacker.as_member("uploads", {**PICTURE, "base64": files[number % 2]})
    )


def _encoded(mode: str, size: tuple[int, int], form: str) -> str:
    target = io.BytesIO()
    Image.new(mode, size).save(target, form)
    return base64.b64encode(target.getvalue()).decode()


def history(attacker: Attacker) -> None:
    """What changed in a Thai text of 9,990 letters without a space."""
    attacker.at_once(6, lambda _: attacker.ask("GET", f"/talk/p/{attacker.state['post']}/history"))


def markdown(attacker: Attacker) -> None:
    """Tables with a thousand columns, and what they cost who searches."""
    rows = f"{'|a' * 1000}|\n{'|-' * 1000}|\n" + "x\n" * 400
    topic = {"language": "en", "title": "Cells", "body": rows, "category": attacker.state["category"]}

    def act(number: int) -> None:
        if number % 2:
            attacker.as_member("topics", topic)
        else:
            attacker.ask("GET", "/feeds/search.rss?q=cells")

    attacker.at_once(4, act)


def recurrence(attacker: Attacker) -> None:
    """Rules that never match."""
    rules = [
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4",
    ]
    event = {
        "language": "en", "title": "Never", "body": "x", "start": "2031-05-01T10:00:00", "minutes": 60,
        "timezone": "UTC", "online_url": "https://example.org/",
    }  # fmt: skip
    attacker.at_once(3, lambda number: attacker.as_member("events", {**event, "recurrence": rules[number]}))


def bodies(attacker: Attacker) -> None:
    """A form of 13 MB as `%41%41…`, and 90,000 unknown keys."""
    form = b"a=" + b"%41" * 4_300_000
    keys = json.dumps({f"k{number}": 1 for number in range(90_000)}).encode()

    def act(number: int) -> None:
        if number % 2:
            attacker.ask("POST", "/sign-in", form, **FORM)
        else:
            attacker.ask("POST", "/api/v1/topics", keys, **JSON)

    attacker.at_once(4, act)


def connections(attacker: Attacker) -> None:
    """1,050 connections that say nothing."""
    while not attacker.stop.is_set():
        opened = []
        for _ in range(1050):
            silent = socket.socket()
            silent.settimeout(5)
            silent.bind((attacker.address, 0))
            try:
                silent.connect(("127.0.0.1", attacker.port))
            except OSError:
                break
            opened.append(silent)
        attacker.answers["connected"] += len(opened)
        attacker.stop.wait(5)
        for silent in opened:
            silent.close()


def streams(attacker: Attacker) -> None:
    """500 streams."""
    attacker.at_once(50, lambda _: _read_stream(attacker, "space.post", until=b"never"))


def replays(attacker: Attacker) -> None:
    """40 replays of all logs from their beginning."""
    names = "space.article,space.topic,space.post,space.event?since=2019-01-01"
    attacker.at_once(40, lambda _: _read_stream(attacker, names, until=b":caught-up"))


def _read_stream(attacker: Attacker, names: str, until: bytes) -> None:
    try:
        with attacker.connected() as stream:
            stream.sendall(f"GET /v2/stream/{names} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            start = stream.recv(16)
            attacker.answers[start[9:12].decode() or "0"] += 1
            if start[9:12] != b"200":
                attacker.stop.wait(0.05)
                return
            stream.settimeout(1)
            last = b""
            while not attacker.stop.is_set():
                try:
                    received = stream.recv(65536)
                except TimeoutError:
                    continue
                if not received or until in last + received:
                    return
                last = received[-20:]
    except OSError:
        attacker.answers["0"] += 1


def guesses(attacker: Attacker) -> None:
    """200 sign-ins at once, of 57 names."""

    def act(number: int) -> None:
        wanted = {
            "name": f"name{number % 57}",
            "password": "wrong password",
            "label": "x",
            "scopes": ["read"],
        }
        attacker.ask("POST", "/api/v1/tokens", json.dumps(wanted).encode(), **JSON)

    attacker.at_once(200, act)


def sign_ups(attacker: Attacker) -> None:
    """40 sign-ups at once."""

    def act(_: int) -> None:
        _status, page, cookie = attacker.ask("GET", "/sign-up")
        token = re.search(rb'name="csrf_token" value="([^"]+)"', page)
        name = f"bench{random.randrange(10**9)}"
        form = {
            "csrf_token": token[1].decode() if token else "",
            "name": name,
            "password": "a new password of mine",
        }
        attacker.ask("POST", "/sign-up", urlencode(form).encode(), **FORM, Cookie=cookie)

    attacker.at_once(40, act)


def searches(attacker: Attacker) -> None:
    """Searches without a pause."""
    attacker.at_once(16, lambda number: attacker.ask("GET", f"/search?q=wiki+{number}"))


ATTACKS: dict[str, Callable[[Attacker], None]] = {
    attack.__name__: attack
    for attack in (
        pictures, history, markdown, recurrence, bodies, connections, streams, replays, guesses, sign_ups, searches,
    )
}  # fmt: skip


def prepare(port: int, token: str) -> dict[str, str]:
    """What the attacks need: a post with a long Thai text and one edit, and a category."""
    state = {"token": token}
    attacker = Attacker(port, "127.0.0.1", state, threading.Event())
    _, content, _ = attacker.ask("GET", "/api/v1/categories")
    state["category"] = next(
        each["slug"]
        for each in json.loads(content)["items"]
        if each["section"] == "talk" and not each["official"]
    )
    text = "".join(random.Random(9).choices("กขคงจฉชซ", k=9990))
    topic = {"language": "th", "title": "ยาว", "body": text, "category": state["category"]}
    status, made = attacker.as_member("topics", topic)
    assert status == 201, made
    posts = json.loads(attacker.ask("GET", f"/api/v1/topics/{made['id']}/posts")[1])["items"]
    state["post"] = posts[0]["id"]
    changed = {"body": text[5000:] + text[:5000], "revision": posts[0]["revision"]}
    status, made = attacker.as_member(f"posts/{state['post']}", changed, "PATCH")
    assert status == 200, made
    return state


def main() -> None:
    os.nice(19)  # It is the process's own work that is measured, not who gets the machine's cores.
    port, names, state = int(sys.argv[1]), sys.argv[2:], json.loads(sys.stdin.readline())
    stop, answers = threading.Event(), defaultdict[str, Counter[str]](Counter)
    threads = []
    for name in names:
        address = f"127.0.0.{10 + list(ATTACKS).index(name)}"
        attacker = Attacker(port, address, state, stop, answers[name])
        threads.append(threading.Thread(target=ATTACKS[name], args=(attacker,), daemon=True))
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    end = time.monotonic() + 5
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0.0))
    print(json.dumps({name: dict(found) for name, found in answers.items()}), flush=True)
    os._exit(0)  # without waiting for answers that are still to come


if __name__ == "__main__":
    main()
