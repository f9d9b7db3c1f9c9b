"""`make bench`: pages a second beside Flask's bare answer of the same bytes, start time, memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import click
import httpx

from bench.cpu import cpu_seconds
from bench.load import body_of, measure


@click.command()
@click.option("--seconds", default=5.0, help="How long each path is asked for.")
def main(seconds: float) -> None:
    """Start a fresh Space with the demo, measure it, and print figures and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "space"
        started = time.perf_counter()
        with running_space(home):
            click.echo(f"first start, with the demo loaded    {time.perf_counter() - started:6.1f} s")
        started = time.perf_counter()
        with running_space(home) as (port, process):
            click.echo(f"second start                         {time.perf_counter() - started:6.1f} s")
            click.echo(f"memory, resident, just started       {megabytes(process.pid):6.0f} MB")
            _pages(port, seconds, Path(folder))
            click.echo(f"memory, resident, after the load     {megabytes(process.pid):6.0f} MB")
            before = cpu_seconds(process.pid)
            time.sleep(seconds)
            click.echo(
                f"idle                                 {(cpu_seconds(process.pid) - before) / seconds:6.1%} of a core"
            )


def _pages(port: int, seconds: float, folder: Path) -> None:
    topic = httpx.get(f"http://127.0.0.1:{port}/api/v1/topics?limit=1").json()["items"][0]
    paths = {"home": "/", "topic": f"/talk/t/{topic['id']}/{topic['slug']}", "list": "/talk"}
    click.echo(f"\n{'page':<8}{'size':>8}{'Space/s':>10}{'p50':>9}{'p99':>9}{'bare Flask/s':>14}{'ratio':>8}")
    for name, path in paths.items():
        content = body_of(port, path)
        space = measure(port, path, seconds)
        with bare(content, folder, "flask") as (bare_port, _):
            best = measure(bare_port, "/", seconds)
        click.echo(
            f"{name:<8}{len(content) / 1000:>6.0f}kB{space.per_second:>10.0f}{space.median_ms:>7.1f}ms"
            f"{space.p99_ms:>7.1f}ms{best.per_second:>14.0f}{space.per_second / best.per_second:>8.3f}"
        )
    click.echo("")


@contextmanager
def running_space(
    home: Path, rate_limits: str = "off", command: str = "up", given: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`space up`, or another command, with its data in `home`: the port and the process. Load comes from one address,
    hence no limits. `given`: more settings."""
    port = free_port()
    own = {"SPACE_HOME": str(home), "PORT": str(port), "SPACE_RATE_LIMITS": rate_limits}
    environment = {**os.environ, **own, **given}
    with running([sys.executable, "-m", "space", command], environment) as process:
        wait(f"http://127.0.0.1:{port}/", process)
        yield port, process


@contextmanager
def bare(content: bytes, folder: Path, *through: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server that answers these bytes and nothing else (`bench.bare`): its port and process."""
    port = free_port()
    file = folder / "page.html"
    file.write_bytes(content)
    command = [sys.executable, "-W", "ignore", "-m", "bench.bare", str(port), str(file), *through]
    with running(command, dict(os.environ)) as process:
        wait(f"http://127.0.0.1:{port}/", process)
        yield port, process


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the block, ended by SIGTERM."""
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        if process.stdin:
            process.stdin.close()


def wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a page answers. Raises `ClickException` if the process ends before."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        if process.poll() is not None:
            raise click.ClickException(f"It ended with {process.returncode} before it answered.")
        try:
            if httpx.get(url, timeout=30).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise click.ClickException(f"{url} does not answer.")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
