"""`make bench read`: pages a second from the cache, and what a page costs that is not in it."""

from __future__ import annotations

import itertools
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, sleep

import click
import httpx

from bench.__main__ import bare, running_space
from bench.cpu import cpu_seconds
from bench.plot import bars
from bench.timing import PASSWORD
from bench.wrk import measure
from core import languages

ENCODED = {"Accept-Encoding": "gzip"}
NEW_PASSWORD = "a new password of mine"
SECONDS, SECONDS_IDLE = 1.0, 2.0
MISSES = 40
"""So often a page is made anew for the time that one takes."""

LANGUAGES = sorted(each.code for each in languages.all_languages())


@dataclass(frozen=True)
class Row:
    """What one page showed: bytes on the wire, requests a second (`bare`: of the same server with the same bytes), the
    shares of the bare answer and of a bare 304, the milliseconds of 99 of 100, and milliseconds of CPU to make it."""

    name: str
    size: int
    bare: float
    kept: float
    of_bare: float
    not_modified: float
    member: float
    member_p99: float
    made_ms: float


@click.command()
@click.option("--rounds", default=5, help="How often each figure is measured, for a second.")
@click.option("--only", multiple=True, help="These pages alone.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a bar chart to this SVG file.")
def main(rounds: int, only: tuple[str, ...], plot: Path | None) -> None:
    """Start a fresh Space with the demo, read it by 16 connections, and print figures and ratios."""
    os.environ["SPACE_DEMO_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory() as folder, running_space(Path(folder) / "space") as (port, process):
        _fill_a_topic(port)
        paths = {name: path for name, path in _paths(port).items() if not only or name in only}
        session = _session(port, "reader")
        click.echo(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}\n")
        click.echo(
            f"{'page':<12}{'size':>8}{'bare/s':>9}{'kept/s':>9}{'of bare':>9}{'304 of bare':>12}"
            f"{'member/s':>10}{'p99':>8}{'made in':>10}"
        )
        numbers = itertools.count()
        rows = []
        for name, path in paths.items():
            row = _row(name, path, port, process.pid, session, rounds, Path(folder), numbers)
            rows.append(row)
            click.echo(
                f"{row.name:<12}{row.size / 1000:>6.1f}kB{row.bare:>9.0f}{row.kept:>9.0f}{row.of_bare:>9.0%}"
                f"{row.not_modified:>12.0%}"
                + (f"{row.member:>10.0f}{row.member_p99:>6.0f}ms" if row.member else f"{'–':>10}{'–':>8}")
                + f"{row.made_ms:>8.1f}ms"
            )
    if plot is not None:
        plot.write_text(
            bars(
                "Requests a second by 16 connections",
                ["the server's bare answer", "kept, for strangers", "kept, for members"],
                [(row.name, [row.bare, row.kept, row.member]) for row in rows],
            ),
            encoding="utf-8",
        )


def _row(
    name: str,
    path: str,
    port: int,
    pid: int,
    session: str,
    rounds: int,
    folder: Path,
    numbers: Iterator[int],
) -> Row:
    sent = httpx.get(f"http://127.0.0.1:{port}{path}", headers=ENCODED)
    sent.raise_for_status()
    with httpx.stream("GET", f"http://127.0.0.1:{port}{path}", headers=ENCODED) as raw:
        content = b"".join(raw.iter_raw())
    etag = {**ENCODED, "If-None-Match": sent.headers.get("ETag", "")}
    is_page = sent.headers["Content-Type"].startswith("text/html")
    cookie = {**ENCODED, "Cookie": f"space_session={session}"}
    best, kept, shares, shares_of_304, members = [], [], [], [], []
    idle = _idle(pid)
    with bare(content, folder) as (bare_port, server):
        # In short turns, and by CPU time: other programs change the shares little.
        for _ in range(rounds):
            least, least_cpu = _load(bare_port, server.pid, "/", ENCODED)
            found, cpu = _load(port, pid, path, ENCODED, idle)
            best.append(least)
            kept.append(found)
            shares.append(least_cpu / cpu)
            shares_of_304.append(
                _load(bare_port, server.pid, "/", etag)[1] / _load(port, pid, path, etag, idle)[1]
            )
            if is_page:
                members.append(measure(port, path, SECONDS, cookie))
    return Row(
        name, len(content), median(best), median(kept), median(shares), median(shares_of_304),
        median(each.per_second for each in members) if members else 0.0,
        median(each.p99_ms for each in members) if members else 0.0,
        _made_ms(port, pid, path, numbers),
    )  # fmt: skip


def _load(port: int, pid: int, path: str, headers: dict[str, str], idle: float = 0.0) -> tuple[float, float]:
    """Requests a second, and the seconds of CPU that the server's process takes for one. `idle`: the seconds that it
    takes in each second anyway, which are much of few requests on a busy machine."""
    before, began = cpu_seconds(pid), monotonic()
    load = measure(port, path, SECONDS, headers)
    anyway = idle * (monotonic() - began)
    return load.per_second, max(cpu_seconds(pid) - before - anyway, 0.001) / load.requests


def _idle(pid: int) -> float:
    """The seconds of CPU that a process takes in each second while nobody asks it for anything."""
    before = cpu_seconds(pid)
    sleep(SECONDS_IDLE)
    return (cpu_seconds(pid) - before) / SECONDS_IDLE


def _made_ms(port: int, pid: int, path: str, numbers: Iterator[int]) -> float:
    """The CPU time of Space's process for a page that it has to make, each time under another address: with a
    parameter that only other pages read, or for the API, which refuses that, in another language."""
    before = cpu_seconds(pid)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in itertools.islice(numbers, MISSES):
            if path.startswith("/api/"):
                language = LANGUAGES[number % len(LANGUAGES)]
                found = client.get(path, headers={"Cookie": f"space_language={language}", **ENCODED})
            else:
                found = client.get(f"{path}{'&' if '?' in path else '?'}v={number}", headers=ENCODED)
            found.raise_for_status()
    return (cpu_seconds(pid) - before) * 1000 / MISSES


def _fill_a_topic(port: int) -> None:
    """Reply in the demo's longest topic until it has 20 posts."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
        topic = max(client.get("/topics?limit=50").json()["items"], key=lambda each: each["posts"])
        _session(port, "writer")
        account = {"name": "writer", "password": NEW_PASSWORD, "label": "bench"}
        token = client.post("/tokens", json=account).raise_for_status().json()["token"]
        for number in range(topic["posts"], 20):
            body = {
                "language": "en",
                "body": f"Reply number **{number}**, with [a link](https://example.org/).",
            }
            client.post(
                f"/topics/{topic['id']}/posts", json=body, headers={"Authorization": f"Bearer {token}"}
            ).raise_for_status()


def _paths(port: int) -> dict[str, str]:
    api = f"http://127.0.0.1:{port}/api/v1"
    topics = httpx.get(f"{api}/topics?limit=50").json()["items"]
    topic = min(topics, key=lambda each: abs(each["posts"] - 20))
    article = httpx.get(f"{api}/articles?limit=1").json()["items"][0]
    script = re.search(r'src="(/static/[^"]+)"', httpx.get(f"http://127.0.0.1:{port}/").text)
    assert script is not None
    return {
        "home": "/",
        "news": "/news",
        "article": f"/news/{article['slug']}",
        "topic": f"/talk/t/{topic['id']}/{topic['slug']}",
        "talk": "/talk",
        "events": "/events",
        "month": "/events?view=month",
        "map": "/events/map",
        "tags": "/tags",
        "people": "/people",
        "search": "/search?q=wiki",
        "all.atom": "/feeds/all.atom",
        "talk.rss": "/feeds/talk.rss",
        "events.ics": "/feeds/events.ics",
        "API topics": "/api/v1/topics",
        "static file": script[1],
    }


def _session(port: int, name: str) -> str:
    """The session of somebody who has just joined: nothing on the pages is their own."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-up").text)
        assert token is not None
        form = {"csrf_token": token[1], "name": name, "password": NEW_PASSWORD}
        answer = client.post("/sign-up", data=form)
        if answer.status_code != 303:
            raise click.ClickException(f"The sign-up was answered {answer.status_code}.")
        return client.cookies["space_session"]


if __name__ == "__main__":
    main()
