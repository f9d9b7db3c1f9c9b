"""A whole Space, started as an operator would start it, for tests that use it over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.settings import SERVICES
from tests import servers

PASSWORD = "story-password-1"
START_SECONDS = 240


@dataclass(frozen=True)
class RunningSpace:
    """A running Space. `bus_url` is None for the embedded way; `pid` is its first process, and `environment` is that of
    the `space` command beside it."""

    way: str
    url: str
    home: Path
    bus_url: str | None
    pid: int
    environment: Mapping[str, str]


@contextmanager
def running_system(
    way: str, home: Path, demo: bool = True, host: str = "127.0.0.1"
) -> Iterator[RunningSpace]:
    """Start Space `embedded` or `distributed`, at this name of the machine, give it once it answers, stop it."""
    with ExitStack() as stack:
        port = free_port()
        environment = {
            **os.environ,
            "SPACE_HOME": str(home),
            "PORT": str(port),
            "SPACE_BASE_URL": f"http://{host}:{port}",
            "SPACE_DEMO_PASSWORD": PASSWORD,
            # All clients of a test have one address, and ask as fast as they can.
            "SPACE_RATE_LIMITS": "off",
            "PYTHONUNBUFFERED": "1",
        }
        bus_url = None
        if way == "distributed":
            bus_url = servers.bus_url()
            # Each component has an account that may do only what it must.
            urls = servers.servers().broker.component_urls()
            environment["SPACE_BUS_URL"] = urls["operator"]
            environment |= {f"SPACE_{component.upper()}_BUS_URL": url for component, url in urls.items()}
            for service in SERVICES:
                if service != "search":
                    url = stack.enter_context(servers.fresh_database())
                    environment[f"SPACE_{service.upper()}_DATABASE_URL"] = url
        log = home / "output.txt"
        home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "space", "up" if way == "embedded" else "distributed"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *([] if demo else ["--no-demo"])],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait(process, f"http://{host}:{port}", log)
            yield RunningSpace(way, f"http://{host}:{port}", home, bus_url, process.pid, environment)
        finally:
            servers.end(process)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Until every service answers through the gateway: the home page needs most, the groups page the rest."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"Space ended with {process.returncode}:\n{log.read_text(errors='replace')}")
        try:
            paths = (
                "/api/v1/topics",
                "/api/v1/articles",
                "/api/v1/events",
                "/api/v1/groups",
                "/api/v1/search?q=a",
            )
            if all(httpx.get(url + path, timeout=5).status_code == 200 for path in paths):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"Space did not answer in {START_SECONDS} s:\n{log.read_text(errors='replace')}")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
