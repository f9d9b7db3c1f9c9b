"""`make bench bus`: events and calls on the bus, beside bare kombu and nameko in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from kombu import Connection, Queue
from sqlalchemy import func, select

from bus.eventlog.append import append_events
from bus.eventlog.relay import RELAY_LOCK
from core.database import Database
from tests import servers
from tests.bus.harness import Noted, copied
from tests.chaos import queues
from tests.chaos.store import fetch_from, make_tables

TEXT = "x" * 195
MORE = "z" * 380
"""With the envelope around it an event is 1 kB."""


class Bench:
    """Fresh databases, and processes beside them."""

    def __init__(self, folder: Path, bus_url: str, databases: dict[str, str]) -> None:
        self.options = {"home": str(folder), "bus_url": bus_url, "databases": databases}
        self.alpha, self.beta = Database(databases["alpha"]), Database(databases["beta"])
        for database in (self.alpha, self.beta):
            make_tables(database)

    @contextmanager
    def process(self, role: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """A process that has said that it is ready."""
        given = json.dumps({"role": role, **self.options, **options})
        command = [sys.executable, "-W", "ignore", "-m", "bench.bus_process", given]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            if role != "calls":
                received(process)
            yield process
        finally:
            process.terminate()
            process.wait(20)

    def log_events(self, count: int) -> None:
        events = [Noted(text=TEXT, more=MORE, about=f"{'y' * 60}{number % 100}") for number in range(500)]
        for _ in range(count // 500):
            with self.alpha.writing() as session:
                append_events(session, events)

    def effects(self) -> int:
        with self.beta.reading() as session:
            return session.execute(select(func.count()).select_from(copied)).scalar() or 0

    def wait_for_effects(self, count: int, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while self.effects() < count:
            if time.monotonic() > end:
                raise click.ClickException(f"{self.effects()} of {count} events after {seconds} s")
            time.sleep(0.05)


def received(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


@contextmanager
def bench(way: str) -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if way == "embedded":
            databases = {name: f"sqlite:///{folder}/{name}.sqlite" for name in ("alpha", "beta")}
            yield Bench(folder, "inproc://", databases)
            return
        databases = {name: stack.enter_context(servers.fresh_database()) for name in ("alpha", "beta")}
        queues.forget(servers.bus_url(), ["beta"])
        made = Bench(folder, servers.bus_url(), databases)
        yield made
        made.alpha.close()
        made.beta.close()


def through_the_broker(count: int, service: str) -> float:
    """Events a second from a log that is written already, by RabbitMQ, to an effect in PostgreSQL."""
    with bench("distributed") as made, made.alpha.engine.connect() as leader:
        # While this connection leads, the relay of alpha waits.
        leader.execute(select(func.pg_advisory_lock(RELAY_LOCK)))
        with made.process("serve", services=["alpha"]), made.process("serve", services=[service]):
            made.log_events(count)
            leader.execute(select(func.pg_advisory_unlock(RELAY_LOCK)))
            made.wait_for_effects(1)
            started, before = time.perf_counter(), made.effects()
            made.wait_for_effects(count)
            return (count - before) / (time.perf_counter() - started)


def by_a_bare_loop(count: int, many: bool) -> float:
    """The same messages and writes by kombu and SQLAlchemy alone, from a queue that is full already."""
    with bench("distributed") as made:
        made.log_events(500)
        bodies = [json.dumps(event.cloud_event()) for event in fetch_from(made.alpha)(0, 500)]
        with Connection(servers.bus_url()) as connection:
            channel = connection.channel()
            Queue("bare", durable=True)(channel).declare()
            for number in range(count):
                channel.basic_publish(
                    channel.prepare_message(
                        bodies[number % 500],
                        content_type="application/json",
                        content_encoding="utf-8",
                        properties={"delivery_mode": 2},
                    ),
                    routing_key="bare",
                )
            with made.process("bare", count=count, many=many) as process:
                rate: float = received(process)["per_second"]
            channel.queue_delete("bare")
            return rate


def catch_up(count: int) -> tuple[float, float, float]:
    """Events a second from the log alone; resident megabytes of the subscriber early and at the end."""
    with bench("distributed") as made:
        made.log_events(count)
        with made.process("serve", services=["alpha"]):
            started = time.perf_counter()
            with made.process("serve", services=["bulk"]) as process:
                made.wait_for_effects(count // 10)
                early = megabytes(process.pid)
                made.wait_for_effects(count)
                return count / (time.perf_counter() - started), early, megabytes(process.pid)


def latency(way: str, seconds: float) -> tuple[float, float]:
    """Milliseconds from an event's time to the commit of its effect at 50 writes/s: half of them, 99 of 100."""
    writes = int(seconds * 50)
    with bench(way) as made, ExitStack() as stack:
        if way == "embedded":
            process = stack.enter_context(
                made.process("serve", services=["alpha", "beta"], latency=True, writes=writes, per_second=50)
            )
        else:
            process = stack.enter_context(made.process("serve", services=["beta"], latency=True))
            stack.enter_context(made.process("serve", services=["alpha"], writes=writes, per_second=50))
        time.sleep(seconds)
        made.wait_for_effects(writes)
        process.terminate()
        times = received(process)["seconds"][:]
        return times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000


def calls(way: str, count: int) -> dict[str, float]:
    with bench(way) as made, made.process("calls", count=count) as process:
        return received(process)


def megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@click.command()
@click.option("--count", default=20_000, help="Events by the broker; five times as many by the log.")
@click.option("--rounds", default=3, help="How often what goes by the broker is measured; the median counts.")
@click.option("--seconds", default=20.0, help="How long latency is measured.")
def main(count: int, rounds: int, seconds: float) -> None:
    """Measure, and print figures and ratios."""
    click.echo(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    for service, many in (("beta", False), ("bulk", True)):
        # In turns, so that both meet the same machine; the middle one, because it is a shared machine.
        pairs = [(through_the_broker(count, service), by_a_bare_loop(count, many)) for _ in range(rounds)]
        ours, bare = (statistics.median(rates) for rates in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        how = "a statement a batch" if many else "a statement an event"
        click.echo(f"log → RabbitMQ → PostgreSQL, {how:<20} {ours:>8.0f} /s")
        click.echo(f"bare kombu loop, the same writes{'':<17} {bare:>8.0f} /s   ratio {ratio:.2f}")
    rate, early, late = catch_up(count * 5)
    click.echo(f"catch-up from a log of {count * 5:<18,} {rate:>8.0f} /s   {early:.0f} → {late:.0f} MB")
    for way in ("distributed", "embedded"):
        half, most = latency(way, seconds)
        click.echo(f"event → effect at 50/s, {way:<17} {half:>8.1f} ms p50   {most:.1f} ms p99")
    both = calls("distributed", 2000)
    click.echo(f"call by RabbitMQ                          {both['ours']:>8.2f} ms")
    ratio = both["ours"] / both["bare"]
    click.echo(f"bare nameko RPC                           {both['bare']:>8.2f} ms   ratio {ratio:.2f}")
    click.echo(f"call in-process                           {calls('embedded', 2000)['ours']:>8.2f} ms")


if __name__ == "__main__":
    main()
