"""`space status` and `space check`: the status of each component, and what is wrong with the system."""

from __future__ import annotations

import socket
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bus.ops.status import ServiceStatus, SubscriptionStatus, service_status
from bus.outbox.store import OutboxStatus
from bus.rpc.client import RpcClient
from bus.rpc.context import within
from bus.rpc.keys import OPERATOR, CallKeys
from bus.transport.connect import connect
from contracts.common import Producer, View
from contracts.errors import Unavailable
from core.database import Database
from core.settings import SERVICES, Settings
from space import lock


class ComponentStatus(View):
    """The status of one service, or of the gateway.

    `running` is None if that can't be found out. `problem` says what is wrong, `""` if nothing is. `direct`: it uses
    the direct transport, and so publishes nothing to a broker.
    """

    name: str
    running: bool | None
    problem: str = ""
    direct: bool = False
    service: ServiceStatus | None = None


def system_status(settings: Settings) -> list[ComponentStatus]:
    """The status of every component, read from its store. Whether services run is found out by a call over the bus or,
    if there is no broker, by the lock of the folder."""
    running: dict[str, bool | None]
    if settings.distributed:
        running, locked = running_services(settings), True
    else:
        # Another system may listen on this port, so the lock of the folder decides.
        locked = lock.is_held(settings)
        running = dict.fromkeys(SERVICES, locked)
    gateway = ComponentStatus(
        name="gateway", running=locked and _accepts_connections(settings.host, settings.port)
    )
    return [*(_service(settings, name, running[name]) for name in SERVICES), gateway]


def check_system(settings: Settings) -> list[str]:
    """The problems of the system and its settings, as sentences."""
    problems = [f"{line.name}: {line.problem}" for line in system_status(settings) if line.problem]
    if not settings.vendor.is_dir():
        problems.append(f"The browser files are missing ({settings.vendor}): run `make setup`.")
    if len(settings.secret_key) < 32:
        problems.append("SPACE_SECRET_KEY is short: give it at least 32 random characters.")
    return problems


def render(lines: list[ComponentStatus]) -> str:
    """The status as text for people."""
    ends = {line.name: line.service.log_end for line in lines if line.service}
    text = []
    for line in lines:
        state = {True: "running", False: "not running", None: "?"}[line.running]
        text.append(
            f"{line.name:<8} {state:<12} {line.problem or (line.service.store if line.service else '')}"
        )
        if line.service is None:
            continue
        published = "" if line.direct else f", published {line.service.published}"
        text.append(f"         log {line.service.log_end}{published}")
        text += [f"         reads {_subscription(each, ends)}" for each in line.service.subscriptions]
        text += [f"         outbox {_outbox(each)}" for each in line.service.outbox]
    return "\n".join(text)


def _subscription(each: SubscriptionStatus, ends: dict[str, int]) -> str:
    behind = ends.get(each.producer, each.offset) - each.offset
    failed = (
        f", {each.retrying} subject(s) retrying, {each.dead_lettered} dead-lettered"
        if each.retrying or each.dead_lettered
        else ""
    )
    return f"{each.producer}: {each.offset} ({behind} behind{failed})"


def _outbox(each: OutboxStatus) -> str:
    since = f" since {each.oldest:%Y-%m-%d %H:%M:%S} UTC" if each.oldest else ""
    dead_lettered = f", {each.dead_lettered} dead-lettered" if each.dead_lettered else ""
    outage = f" ({each.outage})" if each.outage else ""
    return f"{each.kind}: {each.waiting} waiting{since}{dead_lettered}{outage}"


def _service(settings: Settings, name: str, running: bool | None) -> ComponentStatus:
    direct = not settings.distributed
    url = make_url(settings.databases[name])
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        # Opening it would create an empty file.
        store = url.render_as_string(hide_password=True)
        return ComponentStatus(
            name=name, running=running, problem=f"{store} is not there yet: `space up` makes it"
        )
    database = Database(settings.databases[name])
    try:
        with database.reading() as session:
            service = service_status(session, name, database.address)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return ComponentStatus(
            name=name, running=running, problem=f"its store {database.address} can't be read: {reason}"
        )
    finally:
        database.close()
    return ComponentStatus(
        name=name, running=running, problem="; ".join(_problems(service)), direct=direct, service=service
    )


def _problems(service: ServiceStatus) -> list[str]:
    dead_lettered = sum(each.dead_lettered for each in service.subscriptions)
    return [
        *(each.halt_reason for each in service.subscriptions if each.halt_reason),
        *([f"{dead_lettered} dead-lettered subject(s)"] if dead_lettered else []),
        *(
            f"{each.dead_lettered} dead-lettered of {each.kind}"
            for each in service.outbox
            if each.dead_lettered
        ),
        *(f"{each.kind} waits: {each.outage}" for each in service.outbox if each.outage),
    ]


def running_services(settings: Settings) -> dict[str, bool | None]:
    """Whether each service replies to a call."""
    transport = connect(settings.bus_url, CallKeys(settings, OPERATOR))
    client = RpcClient(transport)
    running: dict[str, bool | None] = {}
    for name in SERVICES:
        try:
            with within(2):
                client.proxy(Producer, name).log_end()
            running[name] = True
        except Unavailable:
            running[name] = False
    transport.close()
    return running


def _accepts_connections(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
