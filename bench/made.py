"""`python -m bench.made`: what pages cost that are not kept, in CPU time of all processes, in both ways to run.

Distributed it needs the tests' servers: `python -m deploy.servers run --tests -- python -m bench.made`.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import click
import httpx

from bench.__main__ import running_space
from bench.cpu import CpuTimes, burn
from bench.system import BenchSystem
from bench.write import TEXT, Client, listed, processes
from core.settings import SERVICES
from tests import servers

POSTS, TOPICS = 20, 40


def measure(way: str, environment: dict[str, str], pages: int, folder: Path) -> None:
    """Measure one way to run, and print its lines."""
    system = BenchSystem({**environment, "SPACE_HOME": str(folder / way)})
    system.prepare(TOPICS, TOPICS, TEXT)
    command = "up" if way == "embedded" else "distributed"
    with running_space(folder / way, command=command, given=environment) as (port, process):
        with closing(Client(port)) as client:
            for number in range(1, POSTS):
                client.reply(system.tokens[number % 2], system.topics[0], f"{TEXT} {number}")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            slug = client.get(f"/api/v1/topics/{system.topics[0]}").json()["slug"]
            paths = {"topic": f"/talk/t/{system.topics[0]}/{slug}", "home": "/", "talk": "/talk"}
            numbers = count()
            for name, path in paths.items():
                for counted in (False, True):  # the first requests compile templates and statements
                    cpu, burned, began = CpuTimes(processes(way, process.pid)), burn(), monotonic()
                    for _ in range(pages):
                        # Under another address each time, by a parameter that other pages read.
                        address = f"{path}?v={next(numbers)}"
                        client.get(address, headers={"Accept-Encoding": "gzip"}).raise_for_status()
                    if counted:
                        taken = cpu.taken()
                        # What they do anyway, in as long a time.
                        idle = CpuTimes(processes(way, process.pid))
                        sleep(monotonic() - began)
                        anyway = idle.taken()
                        each = {key: 1000 * (taken[key] - anyway[key]) / pages for key in taken}
                        click.echo(
                            f"{way:<13}{name:<8}{listed(each)} ms; a fixed piece of Python takes "
                            f"{(burned + burn()) / 2:.0f} ms"
                        )


@click.command()
@click.option("--pages", default=100, help="How many of each are made.")
@click.option("--only", type=click.Choice(["embedded", "distributed"]), help="One of the ways to run.")
def main(pages: int, only: str | None) -> None:
    """Start a new system in each way, let it make pages, and print what each takes."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if only != "distributed":
            measure("embedded", {}, pages, Path(folder))
        if only != "embedded":
            urls = {
                f"SPACE_{name.upper()}_DATABASE_URL": stack.enter_context(servers.fresh_database())
                for name in SERVICES
                if name != "search"  # the embedded index is always SQLite
            }
            environment = {"SPACE_BUS_URL": servers.bus_url(), **urls}
            measure("distributed", environment, pages, Path(folder))


if __name__ == "__main__":
    main()
