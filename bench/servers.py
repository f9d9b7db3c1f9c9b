"""`python -m bench.servers`: the gateway behind this project's server, gunicorn's threads and granian, side by side.

The two others are no dependencies: `pip install gunicorn granian` for this bench alone. See decision 25.
"""

from __future__ import annotations

import http.client
import importlib.util
import itertools
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import httpx

from bench.__main__ import free_port, running, wait
from bench.tree import Tree
from bench.wrk import measure

PAGE, OTHERS, ENCODED = "/talk", "/talk?v=", {"Accept-Encoding": "gzip"}
THREADS = 16
STREAMS, IDLE, SLOW = 2_000, 10_000, 64
MISSES = 60
SECONDS_FOR_A_READER = 5.0
SECONDS_FOR_SLOW = 45.0


@dataclass(frozen=True)
class Server:
    """`module`: what must be installed. `command`: from a port and a number of threads, what is run."""

    name: str
    module: str
    command: Callable[[int, int], Sequence[str]]


SERVERS = (
    Server("eventlet.wsgi", "eventlet", lambda port, _: ["bench.served", str(port)]),
    Server(
        "gunicorn gthread",
        "gunicorn",
        lambda port, threads: [
            "gunicorn", "--worker-class=gthread", f"--threads={threads}", f"--bind=127.0.0.1:{port}", "--workers=1",
            "--keep-alive=75", "--worker-connections=20000", "--backlog=4096", "--graceful-timeout=10",
            "bench.served:create()",
        ],
    ),
    Server(
        "granian",
        "granian",
        lambda port, threads: [
            "granian", "--interface=wsgi", f"--blocking-threads={threads}", f"--port={port}", "--workers=1",
            "--factory", "--http=1", "--backlog=4096", "--http1-header-read-timeout=10000", "--no-ws",
            "--workers-kill-timeout=15", "bench.served:create",
        ],
    ),
)  # fmt: skip


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="A folder with the demo; a new one without it.")
@click.option("--only", multiple=True, help="These servers alone, by the beginning of their names.")
@click.option("--rounds", default=2, help="How often the figures of speed are measured, by turns.")
@click.option("--seconds", default=3.0)
def main(home: Path | None, only: tuple[str, ...], rounds: int, seconds: float) -> None:
    """Print the figures of each server."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    servers = [
        each
        for each in SERVERS
        if importlib.util.find_spec(each.module) and (not only or each.name.startswith(only))
    ]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SPACE_HOME": str(home or folder), "SPACE_RATE_LIMITS": "off"}
        if home is None:
            subprocess.run([sys.executable, "-m", "space", "demo"], check=True, stdout=subprocess.DEVNULL)
        click.echo(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}\n")
        _print_speed(servers, rounds, seconds)
        for server in servers:
            click.echo(f"\n{server.name}")
            for of in (_streams, _idle, _slow, _long_head, _stop):
                click.echo(f"  {of(server)}")


@contextmanager
def _started(server: Server, threads: int = THREADS) -> Iterator[tuple[int, Tree]]:
    """The server on a port, warm, and its processes."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", *server.command(port, threads)]
    with running(command, dict(os.environ)) as process:
        wait(f"http://127.0.0.1:{port}/", process)
        for _ in range(10):
            httpx.get(f"http://127.0.0.1:{port}{PAGE}", headers=ENCODED)
        yield port, Tree(process.pid)


def _print_speed(servers: Sequence[Server], rounds: int, seconds: float) -> None:
    """By turns, so that what else runs on the machine meets all of them. CPU time is that of all its processes."""
    heads = ("kept/s", "CPU", "p99", "304/s", "CPU", "missed, CPU", "memory")
    click.echo(f"{'':<18}" + "".join(f"{head:>12}" for head in heads))
    numbers = itertools.count()
    for server in [each for _ in range(rounds) for each in servers]:
        with _started(server) as (port, tree):
            etag = httpx.get(f"http://127.0.0.1:{port}{PAGE}", headers=ENCODED).headers["ETag"]
            before = tree.cpu_seconds()
            kept = measure(port, PAGE, seconds, ENCODED)
            kept_cpu = (tree.cpu_seconds() - before) / kept.requests
            before = tree.cpu_seconds()
            unchanged = measure(port, PAGE, seconds, {**ENCODED, "If-None-Match": etag})
            unchanged_cpu = (tree.cpu_seconds() - before) / unchanged.requests
            before = tree.cpu_seconds()
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=ENCODED, timeout=30) as client:
                for number in itertools.islice(numbers, MISSES):
                    client.get(f"{OTHERS}{number}").raise_for_status()
            missed_cpu = (tree.cpu_seconds() - before) / MISSES
            click.echo(
                f"{server.name:<18}{kept.per_second:>12.0f}{kept_cpu * 1e3:>10.3f}ms{kept.p99_ms:>10.1f}ms"
                f"{unchanged.per_second:>12.0f}{unchanged_cpu * 1e3:>10.3f}ms{missed_cpu * 1e3:>10.1f}ms"
                f"{tree.megabytes():>10.0f}MB"
            )


def _readers(port: int, count: int = 20) -> str:
    """How long so many readers wait, each with a connection of their own."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        try:
            httpx.get(f"http://127.0.0.1:{port}{PAGE}", timeout=SECONDS_FOR_A_READER).raise_for_status()
        except httpx.HTTPError as error:
            return f"a reader meanwhile: {type(error).__name__}"
        times.append(time.perf_counter() - started)
    times.sort()
    return f"readers meanwhile: half {times[len(times) // 2] * 1e3:.0f} ms, slowest {times[-1] * 1e3:.0f} ms"


def _streams(server: Server) -> str:
    with _started(server, STREAMS + THREADS) as (port, tree), ExitStack() as stack:
        before, opened = tree.megabytes(), 0
        request = b"GET /v2/stream/space.topic HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port
        for number in range(STREAMS):
            stream = stack.enter_context(_connected(port, number))
            stream.sendall(request)
            opened += _answers(stream, b"HTTP/1.1 200")
        more = tree.megabytes() - before
        return f"{opened} of {STREAMS} streams: {more:.0f} MB; {_readers(port)}"


def _idle(server: Server) -> str:
    with _started(server) as (port, tree), ExitStack() as stack:
        before, idle = tree.megabytes(), []
        for number in range(IDLE):
            connection = stack.enter_context(_connected(port, number))
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (b"/robots.txt", port))
            _answers(connection, b"HTTP/1.1 200")
            idle.append(connection)
        readers, more = _readers(port), tree.megabytes() - before
        return f"{sum(map(_is_open, idle))} of {IDLE} idle connections open: {more:.0f} MB; {readers}"


def _slow(server: Server) -> str:
    """Clients that send a byte a second of a head, and of a body, until the server closes the connection."""
    head = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    body = (
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    with _started(server) as (port, _), ExitStack() as stack:
        slow = {}
        for number in range(2 * SLOW):
            connection = stack.enter_context(_connected(port, number))
            connection.sendall(head % PAGE.encode() if number < SLOW else body)
            slow[connection] = "head" if number < SLOW else "body"
        time.sleep(1)
        readers = _readers(port)
        open_ones, end = dict(slow), time.monotonic() + SECONDS_FOR_SLOW
        while open_ones and time.monotonic() < end:
            time.sleep(1)
            for connection in list(open_ones):
                if not _drips(connection):
                    del open_ones[connection]
        left = [list(open_ones.values()).count(each) for each in ("head", "body")]
        return (
            f"after {SECONDS_FOR_SLOW:.0f} s {left[0]} slow heads and {left[1]} slow bodies open; {readers}"
        )


def _long_head(server: Server) -> str:
    with _started(server) as (port, _), _connected(port, 0) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            sent = 0
            while sent < 1_000_000 and not _has_answer(connection):
                connection.sendall(b"X-Many: " + b"x" * 990 + b"\r\n")
                sent += 1_000
            answer = connection.recv(100).partition(b"\r\n")[0].decode()
        except OSError as error:
            answer = type(error).__name__
        return f"a long head is refused after {sent // 1000} kB: {answer or 'closed'}"


def _stop(server: Server) -> str:
    """Readers ask for pages that are made anew, over connections that stay open, while the server is asked to stop."""
    lost: list[str] = []
    with _started(server) as (port, tree):
        threads = [threading.Thread(target=_read_on, args=(port, number, lost)) for number in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        started = time.perf_counter()
        os.kill(tree.pid, signal.SIGTERM)
        for thread in threads:
            thread.join()
        return f"a stop under load takes {time.perf_counter() - started:.1f} s and loses {len(lost)} requests"


def _read_on(port: int, number: int, lost: list[str]) -> None:
    asked = 0
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except OSError:
            return
        is_open, is_new = True, True
        while is_open:
            try:
                connection.request("GET", f"{OTHERS}stop-{number}-{asked}")
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                if not is_new:  # else the server has not accepted it
                    lost.append(repr(error))
                return
            asked, is_open, is_new = asked + 1, not response.will_close, False


def _connected(port: int, number: int) -> socket.socket:
    """A connection from one of many addresses, each of which has a hundred."""
    source = f"127.0.{1 + number // 20_000}.{1 + number // 100 % 200}"
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))


def _answers(connection: socket.socket, start: bytes) -> bool:
    try:
        connection.settimeout(SECONDS_FOR_A_READER)
        return connection.recv(65536).startswith(start)
    except OSError:
        return False


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(65536))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _has_answer(connection: socket.socket) -> bool:
    connection.settimeout(0.001)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK)) or True
    except TimeoutError:
        return False
    finally:
        connection.settimeout(30)


def _drips(connection: socket.socket) -> bool:
    """Send one byte more; returns whether the connection is still open."""
    if not _is_open(connection):
        return False
    try:
        connection.sendall(b"x")
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
