"""Hosting a service: a nameko container that knows its room and its way to others."""

from __future__ import annotations

from typing import Any

from nameko.containers import ServiceContainer

from bus.rpc.client import Caller
from bus.service import Resources, Service
from core.database import Database
from core.settings import Settings

MAX_WORKERS = 50


def create_container(service: type[Service], settings: Settings, database: Database, caller: Caller) -> Any:
    """A container of `service`, not started yet: `start()`, `stop()`, and `wait()`, which raises what killed it."""
    config = {
        "AMQP_URI": settings.bus_url,
        "settings": settings,
        "resources": Resources(settings, database),
        "caller": caller,
        "max_workers": MAX_WORKERS,
        # Subscriptions add themselves; the ops server asks them.
        "health": [],
    }
    return ServiceContainer(service, config)
