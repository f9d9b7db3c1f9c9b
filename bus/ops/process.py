"""Runs a process with services until it is asked to stop."""

from __future__ import annotations

import gc
import logging
import resource
import signal
from collections.abc import Callable, Sequence
from typing import Any

import eventlet
from eventlet.event import Event

log = logging.getLogger(__name__)

STOP_SECONDS = 10.0


def raise_file_limit() -> None:
    """Let this process open as many files and connections as the system allows it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run_until_stopped(
    containers: Sequence[Any], ready: Callable[[], None], stopping: Callable[[], None]
) -> Any:
    """Wait for SIGINT, SIGTERM, or the failure of a container, then call `stopping` and stop the containers.

    The `containers` must have been started. `ready` is called once the signal handlers are set. From then on garbage is
    collected, which a start may have held back. Returns the error of the container that failed, None if none did.
    """
    stop = Event()

    def stop_with(failure: Any) -> None:
        if not stop.ready():
            stop.send(failure)

    def on_signal(_number: int, _frame: Any) -> None:
        # A signal may arrive in eventlet's hub, which can't send the event: a new greenlet does.
        eventlet.spawn_n(stop_with, None)

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    for container in containers:
        eventlet.spawn(_watch, container, stop_with)
    # What the start loaded stays until the end. A full collection that looks at it too holds everybody up for 0.2 s.
    gc.collect()
    gc.freeze()
    gc.enable()
    ready()
    failure = stop.wait()
    stopping()
    for container in containers:
        with eventlet.Timeout(STOP_SECONDS, False):
            container.stop()
    return failure


def _watch(container: Any, stop_with: Callable[[Any], None]) -> None:
    try:
        container.wait()
    except Exception as error:
        log.exception("the service %s failed", container.service_name)
        stop_with(error)
