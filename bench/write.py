"""`make bench write`: replies a second by eight writers over the API, beside the same rows in a bare loop."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Integer, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bench import bare_write
from bench.__main__ import running_space
from bench.cpu import CpuTimes, burn, components
from bench.hostile import peak_megabytes
from bench.load import Times
from bench.system import BenchSystem, Progress
from bus.eventlog.schema import event_log
from core.settings import SERVICES
from services.forum.tables import Post
from tests import servers

WRITERS, PEOPLE, TOPICS = 8, 320, 64
REPLIES_EACH = 28
"""By one person: 30 in ten minutes are the limit, which holds here as for everybody."""

DIALECT = sqlite.dialect(paramstyle="named")
SECONDS_TO_CATCH_UP = 600.0
TEXT = "I read [the notes](https://example.org/notes) and agree: **Saturday** suits most of us. " * 4


class Client:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def reply(self, token: str, topic: str, text: str) -> dict[str, Any]:
        """Reply in a topic, and return the post. Raises `RuntimeError` where it was refused."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"body": text})
        self._connection.request("POST", f"/api/v1/topics/{topic}/posts", body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 201:
            raise RuntimeError(f"a reply was answered {response.status}: {answer[:200]!r}")
        post: dict[str, Any] = json.loads(answer)
        return post

    def page(self, path: str) -> None:
        """Read a page."""
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} was answered {response.status}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def turns() -> list[Iterator[int]]:
    """For each writer the people in whose name they write, one after another."""
    return [
        iter([person for person in range(number, PEOPLE, WRITERS) for _ in range(REPLIES_EACH)])
        for number in range(WRITERS)
    ]


def write(port: int, system: BenchSystem, people: list[Iterator[int]], seconds: float) -> tuple[Times, float]:
    """Write with all writers for about `seconds`; also returns the seconds that it took.

    A person writes in one topic, so that each has a few followers.
    """
    times, errors = Times(), list[str]()
    end = time.perf_counter() + seconds

    def writer(number: int) -> None:
        with closing(Client(port)) as client:
            for person in people[number]:
                started = time.perf_counter()
                if started > end or errors:
                    return
                try:
                    # Each text is another one: what is made of a text is kept for a while.
                    text = f"{TEXT}\n\nNumber {number}.{len(times.seconds)}, {started}."
                    client.reply(system.tokens[person], system.topics[person % TOPICS], text)
                except (RuntimeError, OSError) as error:
                    errors.append(repr(error))
                times.seconds.append(time.perf_counter() - started)
        errors.append("everybody has written as much as they may: choose fewer seconds")

    started = time.perf_counter()
    _together([threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)])
    if errors:
        raise click.ClickException(errors[0])
    return times, time.perf_counter() - started


@contextmanager
def reading(port: int, path: str) -> Iterator[Times]:
    """Read a page five times a second during the block, and note how long it takes."""
    times, stopped = Times(), threading.Event()

    def read() -> None:
        with closing(Client(port)) as client:
            while not stopped.wait(0.2):
                started = time.perf_counter()
                client.page(path)
                times.seconds.append(time.perf_counter() - started)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield times
    finally:
        stopped.set()
        thread.join()


def bare(folder: Path, seconds: float) -> float:
    """Commits a second of a loop in which as many threads insert a post and its event, and do nothing else."""
    file = folder / "bare.sqlite3"
    post: Any = Post.__table__
    lock, counts, end = threading.Lock(), [0] * WRITERS, time.perf_counter() + seconds
    with closing(_open(file)) as connection:
        for table in (post, event_log):
            connection.execute(str(CreateTable(table).compile(dialect=DIALECT)))
            for index in table.indexes:
                connection.execute(str(CreateIndex(index).compile(dialect=DIALECT)))
    inserts = {table: str(table.insert().compile(dialect=DIALECT)) for table in (post, event_log)}

    def values(table: Table, number: int) -> dict[str, Any]:
        # As large as those of a reply: its text is in the post twice, and in the event.
        long = {"body": TEXT, "html": TEXT, "data": TEXT, "excerpt": TEXT[:200]}
        return {
            column.name: number
            if isinstance(column.type, Integer)
            else long.get(column.name, f"{number:016}")
            for column in table.columns
        }

    def insert(writer: int) -> None:
        with closing(_open(file)) as connection:
            while time.perf_counter() < end:
                with lock:
                    number = sum(counts)
                    connection.execute("BEGIN IMMEDIATE")
                    for table, statement in inserts.items():
                        connection.execute(statement, values(table, number))
                    connection.execute("COMMIT")
                    counts[writer] += 1

    _together([threading.Thread(target=insert, args=(number,)) for number in range(WRITERS)])
    file.unlink()
    return sum(counts) / seconds


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(way: str, environment: dict[str, str], seconds: float, followers: int, folder: Path) -> None:
    """Measure one way to run, and print its lines."""
    system = BenchSystem({**environment, "SPACE_HOME": str(folder / way)})
    # The last topic, which a crowd follows, is not one of those in which is written.
    system.prepare(PEOPLE, TOPICS + 1, TEXT)
    crowd = system.topics[-1]
    system.follow(crowd, followers)
    with (
        running_space(folder / way, command="up" if way == "embedded" else "distributed", given=environment)
        as (port, process),
        closing(Progress(system)) as progress,
    ):  # fmt: skip
        people = turns()
        write(port, system, people, 2)  # the first requests compile statements
        cpu, burned = CpuTimes(processes(way, process.pid)), burn()
        with reading(port, "/talk") as pages:
            times, took = write(port, system, people, seconds)
        left = progress.behind()
        caught_up = _wait(lambda: progress.behind() == 0)
        taken, burned = cpu.taken(), (burned + burn()) / 2
        rate = len(times.seconds) / took
        ratio = rate / bare(folder, min(seconds, 5))
        click.echo(
            f"{way:<13}{rate:>9.0f}{times.of_hundred(50):>8.0f}ms{times.of_hundred(99):>8.0f}ms{ratio:>8.3f}"
            f"{pages.of_hundred(99):>9.0f}ms{left:>9}{caught_up:>8.1f}s"
        )
        each = {name: 1000 * seconds / len(times.seconds) for name, seconds in taken.items()}
        click.echo(f"  CPU of a reply, ms: {listed(each)}; a fixed piece of Python takes {burned:.0f} ms")
        if way == "distributed":
            _bare_distributed(system, min(seconds, 5))
        if followers:
            _fan_out(port, system, crowd, followers, progress, process, way)


def _bare_distributed(system: BenchSystem, seconds: float) -> None:
    """Write the same replies through nothing but the two servers, and print what they cost."""
    with bare_write.running_bare(system.topics) as (port, processes, engine):
        people = turns()
        write(port, system, people, 1)
        both = servers.servers()
        cpu = CpuTimes({**processes, "postgresql": both.database.pid, "rabbitmq": both.broker.pid})
        times, took = write(port, system, people, seconds)
        bare_write.wait_for_subscribers(engine)
        each = {name: 1000 * spent / len(times.seconds) for name, spent in cpu.taken().items()}
    click.echo(f"  bare: {len(times.seconds) / took:.0f}/s; CPU of a reply, ms: {listed(each)}")


def processes(way: str, pid: int) -> dict[str, int | list[int]]:
    """The processes whose CPU time counts, by name."""
    if way == "embedded":
        return {"space": pid}
    both = servers.servers()
    return {**components(pid), "postgresql": both.database.pid, "rabbitmq": both.broker.pid}


def listed(figures: Mapping[str, float]) -> str:
    """The sum, and the figures from the largest on."""
    parts = (f"{name} {figures[name]:.1f}" for name in sorted(figures, key=lambda name: -figures[name]))
    return f"{sum(figures.values()):.1f} ({', '.join(parts)})"


def _fan_out(
    port: int,
    system: BenchSystem,
    topic: str,
    followers: int,
    progress: Progress,
    process: subprocess.Popen[bytes],
    way: str,
) -> None:
    """Post where many follow, and print how long it takes until all are notified, and what a reader notices."""
    before = peak_megabytes(process.pid)
    cpu = CpuTimes(processes(way, process.pid))
    with closing(Client(port)) as client, reading(port, "/talk") as pages:
        post = client.reply(system.tokens[-1], topic, TEXT)
        took = _wait(lambda: progress.notifications(f"post/{post['id']}") >= followers)
        handled = _wait(lambda: progress.behind() == 0)
    memory = f", {peak_megabytes(process.pid) - before:.0f} MB more" if way == "embedded" else ""
    click.echo(
        f"  {followers} followers notified in {took:.1f} s, the event handled {handled:.1f} s later{memory}; pages "
        f"meanwhile: half within {pages.of_hundred(50):.0f} ms, slowest {pages.of_hundred(100):.0f} ms"
    )
    click.echo(f"  CPU of that, s: {listed(cpu.taken())}")


def _wait(until: Any) -> float:
    started = time.perf_counter()
    while not until():
        if time.perf_counter() - started > SECONDS_TO_CATCH_UP:
            raise click.ClickException(f"events were not handled within {SECONDS_TO_CATCH_UP:.0f} s")
        time.sleep(0.2)  # what is asked counts many rows
    return time.perf_counter() - started


@click.command()
@click.option("--seconds", default=10.0, help="How long is written.")
@click.option(
    "--followers", default=100_000, help="Of one more topic, in which one reply is written; 0 for none."
)
@click.option("--only", type=click.Choice(["embedded", "distributed"]), help="One of the ways to run.")
def main(seconds: float, followers: int, only: str | None) -> None:
    """Start a new system in each way, let eight writers reply, and print figures and ratios."""
    click.echo(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}\n")
    click.echo(
        f"{'':<13}{'replies/s':>9}{'p50':>10}{'p99':>10}{'ratio':>8}{'page p99':>11}{'unhandled':>9}{'handled':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        if only != "distributed":
            measure("embedded", {}, seconds, followers, Path(folder))
        if only != "embedded":
            with ExitStack() as stack:
                urls = {
                    f"SPACE_{name.upper()}_DATABASE_URL": stack.enter_context(servers.fresh_database())
                    for name in SERVICES
                    if name != "search"  # the embedded index is always SQLite
                }
                environment = {"SPACE_BUS_URL": servers.bus_url(), **urls}
                measure("distributed", environment, seconds, followers, Path(folder))


if __name__ == "__main__":
    main()
