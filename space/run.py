"""Running rooms: containers for the services, a WSGI server for the gateway."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
import eventlet
import eventlet.wsgi

from bus.container import create_container
from bus.ops import log_format
from bus.ops.health import Watched
from bus.rpc.client import Caller
from bus.transport.event_listener import EventListener
from core.settings import SERVICES, Settings, SettingsError
from space import lock, wiring
from space.ops import OpsServer

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
KEEP_ALIVE_SECONDS = 75


def run_embedded(settings: Settings, demo: bool) -> None:
    """Everything in this process until it is told to stop."""
    log_format.set_up(settings.log_format == "json")
    listener = _listen(settings)
    with lock.hold(settings):
        if demo:
            from space.demo.load import lay_in_if_new

            lay_in_if_new(settings)
        from space.seed import found

        found(settings)
        _run(settings, SERVICES, listener)


def run_components(settings: Settings, rooms: Sequence[str]) -> None:
    """Some rooms in this process until it is told to stop."""
    log_format.set_up(settings.log_format == "json")
    listener = _listen(settings) if "gateway" in rooms else None
    _run(settings, [room for room in SERVICES if room in rooms], listener)


def _run(settings: Settings, services: Sequence[str], listener: socket.socket | None) -> None:
    caller = Caller(settings.bus_url)
    containers = []
    watched = []
    for name in services:
        database = wiring.open_database(settings, name)
        container = create_container(wiring.service_class(name), settings, database, caller)
        container.start()
        containers.append(container)
        watched.append(Watched(name, database, container.config["health"]))
    ops = OpsServer(settings, watched, caller) if settings.ops_port else None
    if ops is not None:
        ops.start()
    stop = eventlet.event.Event()
    _on_signals(lambda: None if stop.ready() else stop.send(None))
    tap = EventListener(settings.bus_url, SERVICES) if listener else None
    if listener is not None and tap is not None:
        tap.start()
        eventlet.spawn(_serve, settings, caller, tap, listener)
        _announce(settings)
    else:
        click.echo(f"Running: {', '.join(services)}.")
    for container in containers:
        eventlet.spawn(_watch, container, stop)
    failure = stop.wait()
    click.echo("Stopping …")
    if listener is not None:
        listener.close()
    if tap is not None:
        tap.stop()
    if ops is not None:
        ops.stop()
    for container in containers:
        with eventlet.Timeout(10, False):
            container.stop()
    caller.close()
    if failure is not None:
        raise click.ClickException(f"A room failed: {failure}")


def _watch(container: Any, stop: Any) -> None:
    """A container that dies of a bug ends the process, so that whoever supervises it starts a fresh one."""
    try:
        container.wait()
    except Exception as error:
        log.exception("the room %s died", container.service_name)
        if not stop.ready():
            stop.send(error)


def _serve(settings: Settings, caller: Caller, tap: EventListener, listener: socket.socket) -> None:
    app = wiring.gateway(settings, caller, tap)
    eventlet.wsgi.server(
        listener,
        app,
        max_size=MAX_CONNECTIONS,
        keepalive=True,
        socket_timeout=KEEP_ALIVE_SECONDS,
        # Streams send small pieces that must not wait for more.
        minimum_chunk_size=1,
        # No access log: paths hold people's names.
        log_output=False,
        log=logging.getLogger("space.http"),
        debug=False,
    )


def _listen(settings: Settings) -> socket.socket:
    try:
        # Without reuse_port=False two processes could share the port, each with half of the visitors.
        listener: socket.socket = eventlet.listen(
            (settings.host, settings.port), backlog=500, reuse_port=False
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {settings.port} is taken by another program. Stop that, or choose another: PORT=8001 make run"
            ) from error
        raise SettingsError(f"Can't listen on {settings.host}:{settings.port}: {error.strerror}.") from error
    # Without it every answer waits for the delayed acknowledgement of the one before (40 ms).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _announce(settings: Settings) -> None:
    from space.demo.passwords import kept_passwords

    click.echo("")
    passwords = kept_passwords(settings)
    if passwords:
        click.echo("Sign in to the demo community as")
        for name, password in passwords.items():
            click.echo(f"  {name:<10} {password}")
        click.echo(f"(also in {settings.home / 'demo-passwords.json'})")
    click.echo(f"Space is at {settings.base_url} - Ctrl-C stops it.")
    sys.stdout.flush()


def _on_signals(stop: Callable[[], Any]) -> None:
    def handle(_number: int, _frame: Any) -> None:
        # A signal may arrive inside the hub; the event must be sent from a greenlet.
        eventlet.spawn_n(stop)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
