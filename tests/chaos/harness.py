"""Runs the test services as processes, and restarts those that die, as a supervisor does."""

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
from tests.chaos.check import Found, Subscriber, wrong_in
from tests.chaos.fork_server import Child, fork_server
from tests.chaos.writers import KINDS

RESTART_SECONDS = 0.1
SUBSCRIBERS = ("beta",)


class ChaosSystem:
    """A system in which `alpha` writes notes at a given rate, and `beta` and other subscribers handle them.

    `way` is `embedded` (all services in one process named `both`) or `distributed` (a process for each).
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
        self.subscribers = {name: Database(url) for name, url in databases.items() if name != "alpha"}
        for database in (self.alpha, *self.subscribers.values()):
            store.make_tables(database)

    @property
    def beta_process(self) -> str:
        """The process in which beta runs."""
        return "both" if self.way == "embedded" else "beta"

    @property
    def output(self) -> Path:
        """The file with the output of all processes."""
        return self.home / "output.txt"

    def start(self, plans: dict[str, list[str]] | None = None, **settings: Any) -> None:
        """Start everything, with `settings` for `command`.

        `plans` gives for each process the fault points at which it dies, one after the other, between restarts.
        """
        self.command(**settings)
        for name in ["both"] if self.way == "embedded" else list(self.databases):
            self._plans[name] = list((plans or {}).get(name, []))
            self.add(name)
        self._supervisor.start()

    def command(self, **settings: Any) -> None:
        """Change settings of all processes, including running ones; see `control.py`."""
        control.write(self.home, **settings)

    def add(self, name: str) -> None:
        """Start a process. Its name is that of a service, with a suffix after `-` for further ones of the service."""
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
        """Kill a process (SIGKILL); the supervisor restarts it."""
        child = self._children[name]
        child.kill()
        child.wait()

    def leave_dead(self, *names: str) -> None:
        """Don't restart these processes after they die."""
        self._left_dead.update(names)

    def restart_dead(self, name: str) -> None:
        """Restart a process that was left dead."""
        self._left_dead.discard(name)

    def peak_memory(self, name: str) -> int:
        """The peak memory of a process, in bytes."""
        status = Path(f"/proc/{self._children[name].pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def rebuild(self, faults: str = "", name: str = "beta") -> int:
        """Rebuild a subscriber while the system runs; returns the exit code."""
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
        return store.count_handled(self.subscribers[name])

    def refused(self, kind: str) -> list[str]:
        """The error codes of refused writes of this kind so far."""
        codes = self.home / f"refused-{kind}.txt"
        return codes.read_text().split() if codes.exists() else []

    def wait(self, condition: Callable[[], Any], seconds: float = 120) -> None:
        """Wait for `condition`; an error counts as false, since a database may be down."""
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

    def stop_writing(self) -> None:
        """Stop the writers, and wait until they have finished their last notes."""
        (self.home / "enough").touch()
        self.wait(self._all_is_written)
        self.total = self.written()

    def drain(self, seconds: float = 120) -> None:
        """Wait until everything is written and handled by all subscribers, then check it; see `check.py`."""
        self.wait(self._is_drained, seconds)
        time.sleep(0.3)  # events that are wrongly repeated could still arrive
        self.close_processes()
        if wrong := wrong_in(self.found()):
            raise AssertionError("\n".join([*wrong[:20], self.tail()]))

    def found(self) -> Found:
        """The state of the system, and of a rebuild of each subscriber."""
        known = self.total and not (self.home / "enough").exists()
        return Found(
            self.total // len(KINDS) if known else None,
            store.notes_in(self.alpha),
            store.fetch_from(self.alpha)(0, 1_000_000),
            {name: self._subscriber(name) for name in self.subscribers},
        )

    def _subscriber(self, name: str) -> Subscriber:
        database = self.subscribers[name]
        live = store.handled_in(database)
        failed, halt_reasons = store.failed_subjects_in(database), store.halt_reasons_in(database)
        assert self.rebuild(name=name) == 0, self.tail()
        return Subscriber(live, store.handled_in(database), failed, halt_reasons)

    def tail(self) -> str:
        """The end of the processes' output."""
        return self.output.read_text(errors="replace")[-3000:] if self.output.exists() else ""

    def close_processes(self) -> None:
        self._stopping = True
        if self._supervisor.is_alive():
            self._supervisor.join()
        for name in list(self._children):
            self.kill(name)

    def close(self) -> None:
        self.close_processes()
        for database in (self.alpha, self.beta, *self.subscribers.values()):
            database.close()

    def _all_is_written(self) -> bool:
        return all((self.home / f"ended-{kind}").exists() for kind in KINDS)

    def _is_drained(self) -> bool:
        if self.total and not self._all_is_written():
            return False
        end = self.written()
        return all(
            store.position(database) == end and not store.failed_subjects_in(database)
            for database in self.subscribers.values()
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
def chaos_system(
    way: str,
    home: Path,
    bus_url: str | None = None,
    *,
    subscribers: Sequence[str] = SUBSCRIBERS,
    disk: Path | None = None,
) -> Iterator[ChaosSystem]:
    """A new system for the block. `bus_url` leads to the broker by another way, such as a proxy. With `disk` the
    databases are on it."""
    home.mkdir(parents=True, exist_ok=True)
    names = ("alpha", *subscribers)
    with ExitStack() as stack:
        if way == "embedded":
            databases = {name: f"sqlite:///{disk or home}/{name}.sqlite" for name in names}
            system = ChaosSystem(way, home, "inproc://", databases)
        else:
            tablespace = stack.enter_context(servers.tablespace(disk)) if disk else ""
            databases = {name: stack.enter_context(servers.fresh_database(tablespace)) for name in names}
            system = ChaosSystem(way, home, bus_url or servers.bus_url(), databases)
            queues.forget(servers.bus_url(), subscribers)
        stack.callback(system.close)
        yield system
