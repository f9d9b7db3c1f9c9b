"""The toy services as processes that somebody starts again when they die, as a supervisor does, and nothing more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from core.database import Database
from tests import servers
from tests.chaos import control, queues, store
from tests.chaos.check import Found, Listener, wrong_in
from tests.chaos.fork_server import Child, fork_server
from tests.chaos.writers import KINDS

RESTART_SECONDS = 0.1
LISTENERS = ("beta",)


class World:
    """`alpha` writes notes at a pace, `beta` (and `gamma`) handle them.

    `way` is `embedded` (all services in one process, `both`) or `distributed` (a process each).
    """

    def __init__(self, way: str, home: Path, bus_url: str, databases: dict[str, str]) -> None:
        self.way = way
        self.home = home
        self.bus_url = bus_url
        self.databases = databases
        self.total = 150
        self.per_second = 50.0
        self.deaths: list[str] = []
        self._plans: dict[str, list[str]] = {}
        self._children: dict[str, Child] = {}
        self._left_dead: set[str] = set()
        self._stopping = False
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self.alpha = Database(databases["alpha"])
        self.beta = Database(databases["beta"])
        self.listeners = {name: Database(url) for name, url in databases.items() if name != "alpha"}
        for database in (self.alpha, *self.listeners.values()):
            store.make_tables(database)

    @property
    def subscriber(self) -> str:
        """The process in which beta runs."""
        return "both" if self.way == "embedded" else "beta"

    @property
    def output(self) -> Path:
        """What all processes said."""
        return self.home / "output.txt"

    def start(self, plans: dict[str, list[str]] | None = None, **words: Any) -> None:
        """Start everything, and `tell` it `words` before.

        `plans` gives each process the fault points at which its first lives end, one by one.
        """
        self.command(**words)
        for name in ["both"] if self.way == "embedded" else list(self.databases):
            self._plans[name] = list((plans or {}).get(name, []))
            self.add(name)
        self._supervisor.start()

    def command(self, **words: Any) -> None:
        """Say something to all processes, those that run included; see `control.py`."""
        control.say(self.home, **words)

    def add(self, name: str) -> None:
        """Start a process; what follows a `-` in its name tells it from others of the same service."""
        kind = name.partition("-")[0]
        plan = self._plans.setdefault(name, [])
        options = {
            "name": name,
            "services": list(self.databases) if kind == "both" else [kind],
            "bus_url": self.bus_url,
            "databases": self.databases,
            "home": str(self.home),
            "faults": plan.pop(0) if plan else "",
            "total": 0 if "-" in name else self.total,
            "per_second": self.per_second,
        }
        self._children[name] = fork_server().begin(options, self.output)

    def kill(self, name: str) -> None:
        """End a process as nothing else does; it is started again."""
        child = self._children[name]
        child.kill()
        child.wait()

    def leave_dead(self, *names: str) -> None:
        """Nobody starts these again, from their next death on."""
        self._left_dead.update(names)

    def bring_back(self, name: str) -> None:
        """Start what was left dead."""
        self._left_dead.discard(name)

    def peak_memory(self, name: str) -> int:
        """The most memory that a process has had so far, in bytes."""
        status = Path(f"/proc/{self._children[name].pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def rebuild(self, faults: str = "", name: str = "beta") -> int:
        """Rebuild a listener beside whatever runs; returns the exit code."""
        options = {
            "rebuild": name,
            "databases": self.databases,
            "faults": faults,
            "home": str(self.home),
        }
        return fork_server().begin(options, self.output).wait()

    def written(self) -> int:
        return store.log_end(self.alpha)

    def copied(self, name: str = "beta") -> int:
        return store.count_handled(self.listeners[name])

    def refused(self, kind: str) -> list[str]:
        """The codes with which writes of this kind were refused so far."""
        told = self.home / f"refused-{kind}.txt"
        return told.read_text().split() if told.exists() else []

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
        """Let alpha write no more, and wait until what it has begun is written."""
        (self.home / "enough").touch()
        self.wait(self._all_is_written)
        self.total = self.written()

    def drain(self, seconds: float = 45) -> None:
        """Wait until all is written and was taken by all; then all must be well, see `check.py`."""
        self.wait(self._has_settled, seconds)
        time.sleep(0.3)  # for what might come once more
        self.close_processes()
        if wrong := wrong_in(self.found()):
            raise AssertionError("\n".join([*wrong[:20], self.tail()]))

    def found(self) -> Found:
        """All that is there, and what a rebuild makes of it."""
        known = self.total and not (self.home / "enough").exists()
        return Found(
            self.total // len(KINDS) if known else None,
            store.notes_in(self.alpha),
            store.fetch_from(self.alpha)(0, 1_000_000),
            {name: self._listener(name) for name in self.listeners},
        )

    def _listener(self, name: str) -> Listener:
        database = self.listeners[name]
        live = store.handled_in(database)
        held, problems = store.held_in(database), store.problems_in(database)
        assert self.rebuild(name=name) == 0, self.tail()
        return Listener(live, store.handled_in(database), held, problems)

    def tail(self) -> str:
        """The end of what the processes said."""
        return self.output.read_text(errors="replace")[-3000:] if self.output.exists() else ""

    def close_processes(self) -> None:
        self._stopping = True
        if self._supervisor.is_alive():
            self._supervisor.join()
        for name in list(self._children):
            self.kill(name)

    def close(self) -> None:
        self.close_processes()
        for database in (self.alpha, self.beta, *self.listeners.values()):
            database.close()

    def _all_is_written(self) -> bool:
        return all((self.home / f"ended-{kind}").exists() for kind in KINDS)

    def _has_settled(self) -> bool:
        if self.total and not self._all_is_written():
            return False
        end = self.written()
        return all(
            store.position(database) == end and not store.held_in(database)
            for database in self.listeners.values()
        )

    def _supervise(self) -> None:
        while not self._stopping:
            time.sleep(RESTART_SECONDS)
            for name, child in list(self._children.items()):
                if child.poll() is None or self._stopping:
                    continue
                death = f"{name} {child.poll()} {child.pid}"
                if death not in self.deaths:
                    self.deaths.append(death)
                if name not in self._left_dead:
                    self.add(name)


@contextmanager
def a_world(
    way: str,
    home: Path,
    bus_url: str | None = None,
    *,
    listeners: Sequence[str] = LISTENERS,
    disk: Path | None = None,
) -> Iterator[World]:
    """A world of its own, gone after the block. `bus_url` puts something between it and the broker; its databases are
    on `disk`, if one is given."""
    home.mkdir(parents=True, exist_ok=True)
    names = ("alpha", *listeners)
    with ExitStack() as stack:
        if way == "embedded":
            databases = {name: f"sqlite:///{disk or home}/{name}.sqlite" for name in names}
            world = World(way, home, "inproc://", databases)
        else:
            tablespace = stack.enter_context(servers.tablespace(disk)) if disk else ""
            databases = {name: stack.enter_context(servers.fresh_database(tablespace)) for name in names}
            world = World(way, home, bus_url or servers.bus_url(), databases)
            queues.forget(servers.bus_url(), listeners)
        stack.callback(world.close)
        yield world
