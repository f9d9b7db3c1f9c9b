"""`make bench timing`: whether the time of an answer tells a stranger, or another member, of something hidden.

For each kind of address it asks for one that is hidden and one that is not there, in random order, and guesses that the
slower of the two is hidden. Half of the guesses are right if the time tells nothing; `chance` is how often so many or
more would be right, or wrong, by chance alone (exact binomial test, two-sided).
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from math import comb
from pathlib import Path

import click
import httpx

from bench.__main__ import running_space

PASSWORD = "a password for measuring"
ABSENT = "0" * 16


@click.command()
@click.option("--pairs", default=300, help="How many pairs are asked for, for each kind of address.")
def main(pairs: int) -> None:
    """Start a fresh Space with the demo, hide things in it, and measure."""
    os.environ["SPACE_DEMO_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory() as folder, running_space(Path(folder) / "space") as (port, _):
        base = f"http://127.0.0.1:{port}"
        insider, outsider = _client(base, "member"), _client(base, "editor")
        addresses = _hide(insider)
        click.echo(f"{'as':<10}{'address':<34}{'hidden':>9}{'absent':>9}{'right':>12}{'chance':>9}")
        for who, client in (("stranger", httpx.Client(base_url=base, timeout=30)), ("member", outsider)):
            for hidden, absent in addresses:
                _compare(client, who, hidden, absent, pairs)


def _client(base: str, name: str) -> httpx.Client:
    wanted = {"name": name, "password": PASSWORD, "label": "bench", "scopes": ["read", "write"]}
    token = httpx.post(f"{base}/api/v1/tokens", json=wanted, timeout=30).raise_for_status().json()["token"]
    return httpx.Client(base_url=base, timeout=30, headers={"Authorization": f"Bearer {token}"})


def _hide(insider: httpx.Client) -> list[tuple[str, str]]:
    """Make a hidden group with a topic, an article and an event; each address with one that is not there."""

    def post(path: str, body: dict[str, object]) -> dict[str, str]:
        made: dict[str, str] = insider.post(f"/api/v1/{path}", json=body).raise_for_status().json()
        return made

    group = post("groups", {"slug": "timing-hidden", "kind": "hidden", "language": "en", "name": "Hidden"})
    words = {"language": "en", "title": "Hidden", "body": "Hidden words."}
    text: dict[str, object] = {**words, "audience": group["audience"]}
    topic = post("topics", text)["id"]
    posted: str = insider.get(f"/api/v1/topics/{topic}/posts").raise_for_status().json()["items"][0]["id"]
    when: dict[str, object] = {"start": "2031-05-01T10:00:00", "minutes": 60, "timezone": "UTC"}
    event = post("events", {**text, **when, "online_url": "https://example.org/"})["id"]
    return [
        ("/api/v1/groups/timing-hidden", "/api/v1/groups/timing-absent"),
        (f"/api/v1/groups/{group['slug']}", f"/api/v1/groups/timing-absent--{ABSENT}"),
        ("/groups/timing-hidden", "/groups/timing-absent"),
        (f"/api/v1/topics/{topic}", f"/api/v1/topics/{ABSENT}"),
        (f"/api/v1/topics/{topic}/posts", f"/api/v1/topics/{ABSENT}/posts"),
        (f"/api/v1/posts/{posted}", f"/api/v1/posts/{ABSENT}"),
        (f"/api/v1/events/{event}", f"/api/v1/events/{ABSENT}"),
    ]


def _compare(client: httpx.Client, who: str, hidden: str, absent: str, pairs: int) -> None:
    times: dict[str, list[float]] = {hidden: [], absent: []}
    for number in range(pairs + 5):
        for path in random.sample((hidden, absent), 2):
            started = time.perf_counter()
            status = client.get(path).status_code
            if status != 404:
                raise click.ClickException(f"{path} answers {status}")
            if number >= 5:  # the first ones warm up
                times[path].append(time.perf_counter() - started)
    right = sum(slow > fast for slow, fast in zip(times[hidden], times[absent], strict=True))
    click.echo(
        f"{who:<10}{absent.replace(ABSENT, '…'):<34}"
        f"{statistics.median(times[hidden]) * 1000:>7.2f}ms{statistics.median(times[absent]) * 1000:>7.2f}ms"
        f"{f'{right} of {pairs}':>12}{_chance(right, pairs):>9.3f}"
    )


def _chance(right: int, pairs: int) -> float:
    """How probable so uneven a split, or a more uneven one, is with a fair coin."""
    most = max(right, pairs - right)
    tail: float = sum(comb(pairs, each) for each in range(most, pairs + 1)) / 2**pairs
    return min(2 * tail, 1.0)


if __name__ == "__main__":
    main()
