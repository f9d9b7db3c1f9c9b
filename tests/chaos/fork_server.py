"""A fork server: starts processes that have everything imported, within milliseconds.

`multiprocessing`'s own fork server can't do it: eventlet has to patch the standard library before anything else is
imported, and with patched sockets that server's loop ends at its first request (`recvmsg` on a socket that does not
block). Without preloading, a process takes a second to import what it needs, and a run of the suite starts hundreds.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import Queue
from typing import Any


class Child:
    """One process. `poll()` and `wait()` return its exit code, negative for a signal."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self.ended = threading.Event()
        # A process id may be given to another process later; this handle keeps its meaning.
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return self.code

    def wait(self, seconds: float = 180) -> int:
        if not self.ended.wait(seconds):
            raise AssertionError(f"process {self.pid} has not ended within {seconds} s")
        assert self.code is not None
        return self.code

    def kill(self) -> None:
        """Kill it (SIGKILL)."""
        if not self.ended.is_set():
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def has_ended(self, code: int) -> None:
        self.code = code
        os.close(self._handle)
        self.ended.set()


class ForkServerEnded(Exception):
    """The fork server's process has ended, most likely because an import failed."""


class ForkServer:
    """The process that forks all others; it runs `tests/chaos/process.py`."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.chaos.process"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._started: Queue[Child | None] = Queue()
        self._children: dict[int, Child] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(self, options: dict[str, Any], output: Path) -> Child:
        """Start a process that appends its output to the file `output`."""
        order = json.dumps({"options": options, "output": str(output)}).encode() + b"\n"
        with self._lock:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(order)
                self._process.stdin.flush()
            except BrokenPipeError:
                raise ForkServerEnded from None
            child = self._started.get()
        if child is None:
            raise ForkServerEnded
        return child

    def close(self) -> None:
        """End the fork server and all its processes."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            report = json.loads(line)
            if "code" in report:
                self._children.pop(report["pid"]).has_ended(report["code"])
            else:
                # It can't be reaped before the next line is read to the fork server, so its id is still its own.
                child = self._children[report["pid"]] = Child(report["pid"])
                self._started.put(child)
        self._started.put(None)


@cache
def fork_server() -> ForkServer:
    """The fork server of this process."""
    made = ForkServer()
    atexit.register(made.close)
    return made
