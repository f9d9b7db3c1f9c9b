"""`space distributed`: runs every component as a separate process on one machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from core.settings import SERVICES, Settings
from space import private_files, wiring
from space.seed import seed
from space.status import running_services

RESTART_SECONDS = 2.0
ALL_READY_SECONDS = 30.0
STOP_SECONDS = 15.0


def run_distributed(settings: Settings, demo: bool) -> int:
    """Start all components, restart those that end, and stop all at SIGINT or SIGTERM. Returns the exit code.

    With `SPACE_OPS_PORT` the components get this ops port and the following ones, in the order of `SERVICES`.
    """
    private_files.tighten(settings)
    if demo:
        from space.demo.load import load_demo_if_new

        load_demo_if_new(settings)
    else:
        for name in SERVICES:
            wiring.open_database(settings, name).close()
    seed(settings)
    stopping: list[bool] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.append(True))
    components = (*SERVICES, "gateway")
    ports = {
        component: settings.ops_port and settings.ops_port + index
        for index, component in enumerate(components)
    }
    children = {component: _start(component, ports[component]) for component in SERVICES}
    at_the_latest = time.monotonic() + ALL_READY_SECONDS
    try:
        while not stopping:
            time.sleep(0.2)
            if "gateway" not in children and (
                all(running_services(settings).values()) or time.monotonic() > at_the_latest
            ):
                # Started last, so that it finds every service, and its address is the last line of the output.
                children["gateway"] = _start("gateway", ports["gateway"])
            for component, child in children.items():
                if child.poll() is not None and not stopping:
                    click.echo(
                        f"{component} ended with exit code {child.returncode}; restarting it.", err=True
                    )
                    time.sleep(RESTART_SECONDS)
                    children[component] = _start(component, ports[component])
    finally:
        _stop(children)
    return 0


def _start(component: str, ops_port: int) -> subprocess.Popen[Any]:
    environment = {**os.environ, "SPACE_OPS_PORT": str(ops_port)}
    if bus_url := environment.get(f"SPACE_{component.upper()}_BUS_URL"):
        # With an account of its own at the broker.
        environment["SPACE_BUS_URL"] = bus_url
    # In a separate session, so that Ctrl-C reaches only the supervisor, which then stops all components.
    return subprocess.Popen(
        [sys.executable, "-m", "space", "run", component], env=environment, start_new_session=True
    )


def _stop(children: dict[str, subprocess.Popen[Any]]) -> None:
    """Stop the gateway first, since the requests that it still serves need the services."""
    gateway = [child for component, child in children.items() if component == "gateway"]
    _stop_all(gateway)
    _stop_all([child for child in children.values() if child not in gateway])


def _stop_all(children: Sequence[subprocess.Popen[Any]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(end - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
