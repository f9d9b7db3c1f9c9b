"""The toy services as processes that somebody starts again when they die, as a supervisor does, and nothing more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from core.database import Database
from tests import servers
from tests.chaos.store import faults_in, fetch_from, heard_in, log_end, make_tables

RESTART_SECONDS = 0.2


class World:
    """`alpha` writes notes at a pace, `beta` hears them. `way` is `embedded` (one process) or `distributed`."""

    def __init__(self, way: str, home: Path, bus_url: str, databases: dict[str, str]) -> None:
        self.way = way
        self.home = home
        self.bus_url = bus_url
        self.databases = databases
        self.total = 150
        self.per_second = 50.0
        self.options: dict[str, Any] = {}
        self.deaths: list[str] = []
        self._plans: dict[str, list[str]] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False
        self._output = (home / "output.txt").open("ab")
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self.alpha = Database(databases["alpha"])
        self.beta = Database(databases["beta"])
        for database in (self.alpha, self.beta):
            make_tables(database)

    def start(self, plans: dict[str, list[str]] | None = None, **options: Any) -> None:
        """Start everything. `plans` gives each process the fault points at which its first lives end, one by one."""
        self.options |= options
        names = ["both"] if self.way == "embedded" else ["alpha", "beta"]
        for name in names:
            self._plans[name] = list((plans or {}).get(name, []))
            self.add(name)
        self._supervisor.start()

    def add(self, name: str) -> None:
        """Start a process; what follows a `-` in its name tells it from others of the same service."""
        kind = name.partition("-")[0]
        plan = self._plans.setdefault(name, [])
        options = {
            "services": ["alpha", "beta"] if kind == "both" else [kind],
            "bus_url": self.bus_url,
            "databases": self.databases,
            "home": str(self.home),
            "faults": plan.pop(0) if plan else "",
            "total": 0 if "-" in name else self.total,
            "per_second": self.per_second,
            **self.options,
        }
        command = [sys.executable, "-W", "ignore", "-m", "tests.chaos.process", json.dumps(options)]
        self._children[name] = subprocess.Popen(command, stdout=self._output, stderr=self._output)

    def kill(self, name: str) -> None:
        """End a process as nothing else does; it is started again."""
        os.kill(self._children[name].pid, signal.SIGKILL)

    def rebuild(self, faults: str = "") -> int:
        """Rebuild beta beside whatever runs; answers the exit code."""
        options = {"services": ["rebuild"], "databases": self.databases, "faults": faults}
        command = [sys.executable, "-W", "ignore", "-m", "tests.chaos.process", json.dumps(options)]
        return subprocess.run(command, stdout=self._output, stderr=self._output, check=False).returncode

    def written(self) -> int:
        return log_end(self.alpha)

    def wait(self, condition: Callable[[], Any], seconds: float = 45) -> None:
        """Wait for `condition`; what a database that is down answers is no."""
        end = time.monotonic() + seconds
        last: object = ""
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except Exception as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {last!r} {self.tail()}")

    def enough(self) -> None:
        """Let alpha write no more; what is written by then is the total."""
        (self.home / "enough").touch()
        written = -1
        while written != self.written():
            written = self.written()
            time.sleep(2)
        self.total = written

    def settle(self, seconds: float = 45) -> None:
        """Wait until all is written and took effect; then nothing may be lost, double, or out of order."""
        self.wait(lambda: self.written() >= self.total and len(heard_in(self.beta)) >= self.total, seconds)
        time.sleep(0.3)
        events = fetch_from(self.alpha)(0, 1_000_000)
        assert [event.data["text"] for event in events] == [f"note {n}" for n in range(self.total)]
        live = heard_in(self.beta)
        assert faults_in(live, events) == [], self.tail()
        self.close_processes()
        assert self.rebuild() == 0, self.tail()
        assert sorted(heard_in(self.beta)) == sorted(live)

    def tail(self) -> str:
        """The end of what the processes said."""
        return (self.home / "output.txt").read_text(errors="replace")[-3000:]

    def close_processes(self) -> None:
        self._stopping = True
        if self._supervisor.is_alive():
            self._supervisor.join()
        for child in self._children.values():
            child.kill()
            child.wait()

    def close(self) -> None:
        self.close_processes()
        self._output.close()
        self.alpha.close()
        self.beta.close()

    def _supervise(self) -> None:
        while not self._stopping:
            time.sleep(RESTART_SECONDS)
            for name, child in list(self._children.items()):
                if child.poll() is not None and not self._stopping:
                    self.deaths.append(f"{name} {child.returncode}")
                    self.add(name)


@contextmanager
def a_world(way: str, home: Path, bus_url: str | None = None) -> Iterator[World]:
    """A world of its own, gone after the block. `bus_url` puts something between it and the broker."""
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if way == "embedded":
            databases = {name: f"sqlite:///{home}/{name}.sqlite" for name in ("alpha", "beta")}
            world = World(way, home, "inproc://", databases)
        else:
            databases = {name: stack.enter_context(servers.fresh_database()) for name in ("alpha", "beta")}
            world = World(way, home, bus_url or servers.bus_url(), databases)
            forget_messages(servers.bus_url())
        stack.callback(world.close)
        yield world


def forget_messages(bus_url: str) -> None:
    """Delete the toys' durable queue: it may hold messages of another world's log."""
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    connection.channel().queue_delete("beta.alpha")
    connection.close()
