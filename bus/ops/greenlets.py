"""Starts greenlets without waiting for the hub's next round, in which every other greenlet that is ready runs first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
import greenlet  # type: ignore[import-untyped]
from eventlet import hubs
from eventlet.greenthread import GreenThread

from bus.ops import cpu_time

SECONDS_UNINTERRUPTED = 0.05
"""The CPU time that a request may take before it lets others run at each of its calls. A page takes less."""


def start(function: Callable[..., Any], *arguments: Any) -> GreenThread:
    """Run a function in a new greenlet, like `eventlet.spawn`, but at once, and return when it ends or first waits."""
    caller = greenlet.getcurrent()
    thread = GreenThread(caller)
    # If the function waits, the hub takes over, and has to know that the caller can go on.
    go_on = hubs.get_hub().schedule_call_global(0, caller.switch)
    try:
        thread.switch(function, arguments, {})
    finally:
        go_on.cancel()
    return thread


@contextmanager
def deadline(seconds: float, error: Exception) -> Iterator[None]:
    """Raise `error` in a block that has not ended by then, at whatever it waits for. In a process without greenlets,
    such as a test, nothing interrupts what waits."""
    with eventlet.Timeout(seconds, error):
        yield


def give_way() -> None:
    """Let others run, unless this is a request that has taken little CPU time so far."""
    meter = cpu_time.current()
    if meter is None or meter.seconds > SECONDS_UNINTERRUPTED:
        eventlet.sleep(0)
