"""How much of the processor's time one request takes, in whichever greenlets it runs.

A clock around a request would count what others do while it waits. So the time is read at each switch between greenlets
(0.5 µs), and counted for the meter of the context that ran. Calls to services of the same process take the caller's
context with them. Not counted: other processes, and pieces of work in `bus.blocking`, whose number is limited there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import thread_time
from typing import Any

import greenlet  # type: ignore[import-untyped]
from eventlet import patcher

_threads: Any = patcher.original("threading")


@dataclass(eq=False)
class Meter:
    """The seconds of CPU that were taken, and the `most` that may be."""

    most: float
    seconds: float = 0.0


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


class _Running(_threads.local):  # type: ignore[misc] # the patched one is of a greenlet
    """What runs in this thread, and since when, in seconds of its CPU."""

    meter: Meter | None = None
    since = 0.0


_running = _Running()


def install() -> None:
    """Count at each switch between this thread's greenlets, from now on."""
    greenlet.settrace(_switched)


@contextmanager
def measured(most: float) -> Iterator[Meter]:
    """Count what the block takes, and all that runs with its context. A block within another counts for both."""
    outer, meter = _meter.get(), Meter(most)
    token = _meter.set(meter)
    go_on()
    try:
        yield meter
    finally:
        _meter.reset(token)
        go_on()
        if outer is not None:
            outer.seconds += meter.seconds


def go_on() -> None:
    """Count what ran until now, and from now on for the context's meter: called where a greenlet takes a context."""
    now = thread_time()
    if _running.meter is not None:
        _running.meter.seconds += now - _running.since
    _running.since = now
    _running.meter = _meter.get()


def current() -> Meter | None:
    """The meter of this context, with what was taken until now."""
    meter = _meter.get()
    if meter is not None:
        go_on()
    return meter


def is_spent() -> bool:
    """Whether the context has taken more than it may."""
    meter = current()
    return meter is not None and meter.seconds > meter.most


def _switched(_event: str, _greenlets: tuple[object, object]) -> None:
    # It runs in the context of the greenlet that goes on.
    go_on()
