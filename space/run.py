"""Runs components in this process: containers for the services, a WSGI server for the gateway."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Sequence

import click

from bus.container import create_container
from bus.mail.delivery import mail_folder
from bus.ops import cpu_time, log_format
from bus.ops.connections import ConnectionLimits
from bus.ops.health import Watched
from bus.ops.process import STOP_SECONDS, raise_file_limit, run_until_stopped
from bus.ops.wsgi import WsgiServer, open_listener
from bus.rpc.client import RpcClient
from bus.rpc.keys import CallKeys, sender_of
from bus.transport.connect import connect
from bus.transport.listeners import EventListeners
from core.limiter import Budget
from core.settings import SERVICES, Settings, SettingsError
from space import lock, private_files, wiring
from space.mail_server import MailServerProcess
from space.ops import OpsServer

SENDERS = ("people", "notify", "mail")
"""The services that send mail."""

PUSHER = "notify"
"""The service that sends messages to phones."""

LISTENED = tuple(name for name in SERVICES if name != "mail")
"""The services whose events the gateway receives: mail publishes none, and it need not run."""


def run_embedded(settings: Settings, demo: bool) -> None:
    """Run all components in this process until SIGINT or SIGTERM. `demo`: load the demo first if the system is new."""
    log_format.set_up(settings.log_format == "json")
    private_files.tighten(settings)
    listener = listen(settings)
    with lock.hold(settings):
        if demo:
            from space.demo.load import load_demo_if_new

            load_demo_if_new(settings)
        from space.seed import seed

        seed(settings)
        _run(settings, SERVICES, listener)


def run_components(settings: Settings, names: Sequence[str]) -> None:
    """Run some components in this process until SIGINT or SIGTERM. `names` are of services, or `gateway`."""
    log_format.set_up(settings.log_format == "json")
    private_files.tighten(settings)
    listener = listen(settings) if "gateway" in names else None
    _run(settings, [name for name in SERVICES if name in names], listener)


def _run(settings: Settings, services: Sequence[str], listener: socket.socket | None) -> None:
    components = [*services, *(["gateway"] if listener is not None else [])]
    transport = connect(settings.bus_url, CallKeys(settings, sender_of(components)))
    client = RpcClient(transport)
    containers = []
    watched = []
    mail_server = None
    if settings.mail_in is not None and "mail" in services:
        mail_server = MailServerProcess(settings.mail_in)
    for name in services:
        database = wiring.open_database(settings, name)
        mailer = wiring.mailer(settings) if name in SENDERS else None
        pusher = wiring.pusher(settings) if name == PUSHER else None
        container = create_container(
            wiring.service_class(name, settings),
            settings,
            database,
            transport,
            client,
            mailer=mailer,
            pusher=pusher,
        )
        container.start()
        containers.append(container)
        if name == "mail" and mail_server is not None:
            container.config["health"].append(mail_server)
            mail_server.start()
        watched.append(Watched(name, database, container.config["health"]))
    ops = OpsServer(settings, watched, client) if settings.ops_port else None
    if ops is not None:
        ops.start()
    gateway = None
    listeners = EventListeners()
    events = transport.event_listener(LISTENED, listeners.handle)
    if listener is not None:
        events.start()
        app = wiring.gateway(settings, client, listeners)
        raise_file_limit()
        cpu_time.install()
        gateway = WsgiServer(listener, app, connection_limits(settings))

    if settings.mail_url is None and any(name in SENDERS for name in services):
        click.echo(f"SPACE_MAIL_URL is not set: mail is not sent but written to {mail_folder(settings)}.")

    def ready() -> None:
        if gateway is not None:
            _print_address(settings)
        else:
            click.echo(f"Running: {', '.join(services)}.")

    def stopping() -> None:
        click.echo("Stopping …")
        if gateway is not None:
            # Before the services stop, for what is served needs them.
            wiring.end_streams(app)
            gateway.finish(STOP_SECONDS)
            events.stop()
        if mail_server is not None:
            mail_server.stop()
        if ops is not None:
            ops.stop()

    failure = run_until_stopped(containers, ready, stopping)
    transport.close()
    if failure is not None:
        raise click.ClickException(f"A service failed: {failure}")


def connection_limits(settings: Settings) -> ConnectionLimits:
    # A peer may connect as often as it may read: `gateway.limits.costs`.
    new_of_a_peer = Budget(200, 60) if settings.rate_limits else None
    return ConnectionLimits(proxies=settings.trusted_proxies, new_of_a_peer=new_of_a_peer)


def listen(settings: Settings) -> socket.socket:
    try:
        return open_listener(settings.host, settings.port, backlog=4096)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {settings.port} is taken by another program. Stop that, or choose another: PORT=8001 make run"
            ) from error
        raise SettingsError(f"Can't listen on {settings.host}:{settings.port}: {error.strerror}.") from error


def _print_address(settings: Settings) -> None:
    from space.demo.passwords import stored_passwords

    click.echo("")
    passwords = stored_passwords(settings)
    if passwords:
        click.echo("Sign in to the demo community as")
        for name, password in passwords.items():
            click.echo(f"  {name:<10} {password}")
        click.echo(f"(also in {settings.home / 'demo-passwords.json'})")
    click.echo(f"Space is at {settings.base_url} - Ctrl-C stops it.")
    sys.stdout.flush()
