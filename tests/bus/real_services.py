"""Real services of Space that run in the test's process, on each way to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from bus.container import create_container
from bus.rpc.client import RpcClient
from bus.rpc.keys import CallKeys
from bus.transport.connect import connect
from contracts.errors import Unavailable
from core import clock
from core.audience import MEMBERS
from core.database import Database
from core.ids import new_id
from core.settings import Settings
from services.notify.tables import Notification
from space import wiring
from tests import servers
from tests.bus.harness import eventually
from tests.chaos import queues

WAYS = ("embedded", "distributed")


@contextmanager
def settings_of(way: str, services: Sequence[str], environment: dict[str, str]) -> Iterator[Settings]:
    """The settings of one of `WAYS`: distributed with a new database for each service, and no queues of before."""
    with ExitStack() as stack:
        if way == "distributed":
            queues.forget(servers.bus_url(), services)
            urls = {name: stack.enter_context(servers.fresh_database()) for name in services}
            environment = environment | {
                f"SPACE_{name.upper()}_DATABASE_URL": url for name, url in urls.items()
            }
            environment["SPACE_BUS_URL"] = servers.bus_url()
        yield Settings.from_environment(environment)


def start(
    stack: ExitStack, settings: Settings, services: Sequence[str], signer: str, **resources: Any
) -> tuple[dict[str, Database], RpcClient]:
    """Start services, and return their databases and what calls them as the gateway does. `signer`: in whose name they
    call where they share one transport."""
    databases = {name: wiring.open_database(settings, name) for name in services}
    # Each service over a broker has a transport and a key of its own; within one process they share one.
    shared = None if settings.distributed else connect(settings.bus_url, CallKeys(settings, signer))
    for name in services:
        stack.callback(databases[name].close)
        transport = shared or connect(settings.bus_url, CallKeys(settings, name))
        stack.callback(transport.close)
        container: Any = create_container(
            wiring.service_class(name),
            settings,
            databases[name],
            transport,
            RpcClient(transport),
            **resources,
        )
        container.start()
        stack.callback(container.stop)
    gateway = shared or connect(settings.bus_url, CallKeys(settings, "gateway"))
    stack.callback(gateway.close)
    return databases, RpcClient(gateway)


def wait_for(*apis: Any) -> None:
    """Wait until each of these services answers calls."""
    for api in apis:
        eventually(lambda api=api: _serves(api))  # type: ignore[misc]


def _serves(api: Any) -> bool:
    try:
        return int(api.log_end()) >= 0
    except Unavailable:
        return False


def returned_article(person_id: str, mail: str) -> Notification:
    """The notification that an article of somebody was returned; `mail`: when it goes out by mail."""
    return Notification(
        id=new_id(), person_id=person_id, source_id=new_id(), what="blog.article.returned", reasons=["review"],
        followed=[], actor_id=None, title="Bees", language="en", excerpt="More, please.", path="/news/bees",
        subject="article/a", item="article/a", audience=MEMBERS, is_read=False, mail=mail, at=clock.now(),
    )  # fmt: skip
