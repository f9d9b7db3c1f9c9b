"""`make bench hostile`: what readers notice while clients try to stop Space, beside the same readers in quiet."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import click
import httpx

from bench.__main__ import running_space
from bench.attacks import ATTACKS, prepare
from bench.load import Times
from bench.timing import PASSWORD

READERS = 4
PAUSE = 0.25
"""Seconds between two pages of a reader: together they keep about a third of a core busy."""
MOST_MS, MOST_MEGABYTES = 250.0, 400.0
"""The goals: what 99 of 100 readers wait at most, and the memory of Space's process."""


@dataclass
class Reading(Times):
    """What readers saw: the seconds that each page took, and answers that were none."""

    refused: list[str] = field(default_factory=list)


@click.command()
@click.option("--seconds", default=30.0, help="How long each of the two parts takes.")
@click.option("--only", multiple=True, type=click.Choice(list(ATTACKS)), help="These attacks alone.")
def main(seconds: float, only: tuple[str, ...]) -> None:
    """Start a fresh Space with the demo and its limits, read it in quiet and then under attack, and print figures."""
    os.environ["SPACE_DEMO_PASSWORD"] = PASSWORD
    with (
        tempfile.TemporaryDirectory() as folder,
        running_space(Path(folder) / "space", rate_limits="on") as (port, process),
    ):
        paths = _paths(port)
        state = prepare(port, _token(port, "member"))
        read(port, paths, 2)  # the first ones compile templates
        cores = [core_time(process.pid)]
        quiet = read(port, paths, seconds)
        cores.append(core_time(process.pid))
        memory = peak_megabytes(process.pid)
        hostile, answers = attacked(port, paths, state, list(only or ATTACKS), seconds)
        cores.append(core_time(process.pid))
        _print(quiet, hostile, memory, peak_megabytes(process.pid))
        before, after = (1 - later[0] / max(sum(later), 1) for later in _steps(cores))
        click.echo(f"{'waited for a core':<26}{before:>10.0%}{after:>10.0%}{'':>8}{'0%':>9}")
        click.echo("\nanswers to each attack, by status (0: the connection was closed)")
        for name, found in answers.items():
            counted = "  ".join(f"{status} × {number}" for status, number in sorted(found.items()))
            click.echo(f"  {name:<12} {counted}")


def _print(quiet: Reading, hostile: Reading, memory_before: float, memory: float) -> None:
    click.echo(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}\n")
    click.echo(f"{'readers':<26}{'quiet':>10}{'attacked':>10}{'ratio':>8}{'goal':>9}")
    for name, number, goal in (
        ("half of the pages", 50, ""),
        ("99 of 100", 99, f"<{MOST_MS:.0f}ms"),
        ("slowest", 100, ""),
    ):
        one, other = quiet.of_hundred(number), hostile.of_hundred(number)
        click.echo(f"{name:<26}{one:>8.0f}ms{other:>8.0f}ms{other / one:>8.1f}{goal:>9}")
    click.echo(f"{'pages read':<26}{len(quiet.seconds):>10}{len(hostile.seconds):>10}")
    click.echo(
        f"{'not answered or refused':<26}{len(quiet.refused):>10}{len(hostile.refused):>10}{'':>8}{'0':>9}"
    )
    for each in sorted(set(hostile.refused)):
        click.echo(f"  {each}")
    ratio, goal = memory / memory_before, f"<{MOST_MEGABYTES:.0f}MB"
    click.echo(f"{'memory, resident, peak':<26}{memory_before:>8.0f}MB{memory:>8.0f}MB{ratio:>8.1f}{goal:>9}")


def core_time(pid: int) -> tuple[int, int]:
    """Nanoseconds that a process's main thread has run, and that it could have run but others had the cores.

    While the latter are many, another program keeps the machine busy, and the times say little.
    """
    ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
    return int(ran), int(waited)


def _steps(moments: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(later[0] - earlier[0], later[1] - earlier[1]) for earlier, later in pairwise(moments)]


def attacked(
    port: int, paths: list[str], state: dict[str, str], names: list[str], seconds: float
) -> tuple[Reading, dict[str, dict[str, int]]]:
    """What readers see while a process beside attacks, and what answers it got."""
    command = [sys.executable, "-W", "ignore", "-m", "bench.attacks", str(port), *names]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as attacks:
        assert attacks.stdin
        attacks.stdin.write(json.dumps(state) + "\n")
        attacks.stdin.flush()
        time.sleep(3)  # it makes the pictures
        reading = read(port, paths, seconds)
        output, _ = attacks.communicate(timeout=60)
    return reading, json.loads(output)


def read(port: int, paths: list[str], seconds: float) -> Reading:
    """Read the pages for about `seconds`: each reader with a pause after each page, from an address of their own."""
    reading, end = Reading(), time.perf_counter() + seconds

    def reader(number: int) -> None:
        turn = number
        while time.perf_counter() < end:
            path = paths[turn % len(paths)]
            turn += 1
            started = time.perf_counter()
            try:
                status = _status(port, path, f"127.0.0.{101 + number}")
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
            if status != "200":
                reading.refused.append(f"{path}: {status}")
            reading.seconds.append(time.perf_counter() - started)
            time.sleep(PAUSE)

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return reading


def _status(port: int, path: str, address: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(address, 0))
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return str(response.status)
    finally:
        connection.close()


def _paths(port: int) -> list[str]:
    topic = httpx.get(f"http://127.0.0.1:{port}/api/v1/topics?limit=1").json()["items"][0]
    return ["/about", "/", "/news", "/talk", "/about", f"/talk/t/{topic['id']}/{topic['slug']}", "/events"]


def _token(port: int, name: str) -> str:
    wanted = {"name": name, "password": PASSWORD, "label": "bench", "scopes": ["read", "write"]}
    made = httpx.post(f"http://127.0.0.1:{port}/api/v1/tokens", json=wanted, timeout=30).raise_for_status()
    token: str = made.json()["token"]
    return token


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
