"""Creates the nameko container that runs a service in this process."""

from __future__ import annotations

from functools import partial
from typing import Any

from nameko.containers import ServiceContainer

from bus.mail.delivery import Mailer
from bus.outbox.runner import LIMITS, Limits
from bus.push.delivery import Pusher
from bus.rpc.client import RpcClient
from bus.service import Resources, Service, make_service
from bus.transport.port import Transport
from core.database import Database
from core.settings import Settings

MAX_WORKERS = 50


def create_container(
    service: type[Service],
    settings: Settings,
    database: Database,
    transport: Transport,
    client: RpcClient,
    outbox: Limits = LIMITS,
    mailer: Mailer | None = None,
    pusher: Pusher | None = None,
) -> Any:
    """A nameko container of `service`, not started yet. Its `wait()` returns when it was stopped, and raises the error
    if one of its threads failed."""
    resources = Resources(settings, database, mailer, client, pusher)
    config = {
        "AMQP_URI": settings.bus_url,
        "settings": settings,
        "resources": resources,
        "transport": transport,
        "rpc_client": client,
        "make_service": partial(make_service, service, resources),
        "outbox_limits": outbox,
        "max_workers": MAX_WORKERS,
        # The service's `Subscriptions` and `CallServer` add themselves here; the ops server reads them.
        "health": [],
    }
    return ServiceContainer(service, config)
