"""`make bench notify`: notifications a second by one, two and four processes of notify, followers of a topic each."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from sqlalchemy import func, insert, select

from bus.eventlog.append import append_events
from contracts.forum import PostCreated, PostState
from core import clock
from core.ids import new_id
from core.settings import Settings
from services.notify.tables import Follow, Notification, Person
from space.wiring import open_database
from tests import servers
from tests.chaos import queues

TOPICS = 32


class NotifyBench:
    """Fresh databases of forum and notify, with people who follow every topic, and processes of both services."""

    def __init__(self, environment: dict[str, str], followers: int) -> None:
        self._environment = environment
        self._settings = Settings.from_environment(environment)
        self._forum = open_database(self._settings, "forum")
        self._notify = open_database(self._settings, "notify")
        self._people = [new_id() for _ in range(followers)]
        self._topics = [new_id() for _ in range(TOPICS)]
        with self._notify.writing() as session:
            now = clock.now()
            session.execute(
                insert(Person),
                [
                    {"id": id, "name_key": f"person-{id}", "languages": ["en"], "joined_at": now}
                    for id in self._people
                ],
            )
            for topic in self._topics:
                session.execute(
                    insert(Follow),
                    [
                        {"person_id": id, "kind": "topic", "target": topic, "level": "normal", "since": now}
                        for id in self._people
                    ],
                )

    @contextmanager
    def service(self, name: str) -> Iterator[subprocess.Popen[str]]:
        """A process of a service that has said that it runs."""
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "space", "run", name],
            env={**os.environ, **self._environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout
            while "Running" not in (line := process.stdout.readline()):
                if not line:
                    raise click.ClickException(f"{name} did not start")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def post(self, count: int) -> None:
        """Write posts to the forum's log, in turns among the topics."""
        with self._forum.writing() as session:
            append_events(session, [self._created(self._topics[n % TOPICS], n) for n in range(count)])

    def wait_for(self, notifications: int, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while (found := self._count()) < notifications:
            if time.monotonic() > end:
                raise click.ClickException(f"{found} of {notifications} notifications after {seconds} s")
            time.sleep(0.05)

    def _count(self) -> int:
        with self._notify.reading() as session:
            return session.scalar(select(func.count()).select_from(Notification)) or 0

    @staticmethod
    def _created(topic: str, number: int) -> PostCreated:
        post = PostState(
            id=new_id(),
            topic_id=topic,
            topic_slug="a-topic",
            topic_title="A topic",
            topic_author_id=new_id(),
            audience="public",
            category=None,
            tags=[],
            number=number + 2,
            author_id=new_id(),
            language="en",
            body="Some words about the next meeting. " * 8,
            created_at=clock.now(),
        )
        return PostCreated(post=post, by_id=post.author_id)


def rate(processes: int, followers: int, posts: int) -> tuple[float, float]:
    """Notifications a second with so many processes of notify, and the share of the machine's cores that was busy."""
    queues.forget(servers.bus_url(), ["notify"], "forum")  # they hold messages of the last round's log
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = {
            "SPACE_HOME": folder,
            "SPACE_BUS_URL": servers.bus_url(),
            **{
                f"SPACE_{name.upper()}_DATABASE_URL": stack.enter_context(servers.fresh_database())
                for name in ("forum", "notify")
            },
        }
        bench = NotifyBench(environment, followers)
        stack.enter_context(bench.service("forum"))
        for _ in range(processes):
            stack.enter_context(bench.service("notify"))
        time.sleep(3)  # every process has its partitions and has found the log empty
        started, idle = time.perf_counter(), idle_seconds()
        bench.post(posts)
        bench.wait_for(posts * followers)
        seconds = time.perf_counter() - started
        busy = 1 - (idle_seconds() - idle) / (seconds * (os.cpu_count() or 1))
        return posts * followers / seconds, busy


def idle_seconds() -> float:
    """For how long the cores together had nothing to do since the machine started."""
    columns = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return (int(columns[4]) + int(columns[5])) / os.sysconf("SC_CLK_TCK")


@click.command()
@click.option("--followers", default=1000, help="Who follows every topic.")
@click.option("--posts", default=96)
@click.option(
    "--rounds", default=3, help="How often each number of processes is measured; the median counts."
)
@click.option("--processes", default="1,2,4")
def main(followers: int, posts: int, rounds: int, processes: str) -> None:
    """Measure, and print figures and ratios."""
    numbers = [int(number) for number in processes.split(",")]
    found: dict[int, list[tuple[float, float]]] = {number: [] for number in numbers}
    for _ in range(rounds):
        for number in numbers:
            found[number].append(rate(number, followers, posts))
            click.echo(f"  {number}: {found[number][-1][0]:.0f}", err=True)
    first = [rate for rate, _ in found[numbers[0]]]
    for number, measured in found.items():
        rates, busy = zip(*measured, strict=True)
        ratio = statistics.median(one / other for one, other in zip(rates, first, strict=True))
        how = f"{number} of notify, {followers} followers a topic"
        click.echo(
            f"{how:<40}{statistics.median(rates):>8.0f} notifications/s   ratio {ratio:.2f}"
            f"   cores busy {statistics.median(busy):.0%}"
        )


if __name__ == "__main__":
    main()
