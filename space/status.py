"""How the house is: each room, its store, its place in each log."""

from __future__ import annotations

import socket
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bus.ops.status import service_status
from bus.rpc.client import Caller
from bus.rpc.context import within
from contracts.common import EffectStatus, Producer, ServiceStatus, View
from contracts.errors import Unavailable
from core.database import Database
from core.settings import SERVICES, Settings
from space import lock


class ComponentStatus(View):
    """One room. `running` is None where it can't be told from here; `trouble` says what is wrong, `""` if nothing."""

    name: str
    running: bool | None
    trouble: str = ""
    service: ServiceStatus | None = None


def system_status(settings: Settings) -> list[ComponentStatus]:
    """Every room's status, read from its store; whether it runs is asked over the bus, or told by its folder."""
    running: dict[str, bool | None]
    if settings.distributed:
        running, answers = running_services(settings), True
    else:
        # Another Space may listen on this port: whether this one runs is told by its folder.
        answers = lock.is_held(settings)
        running = dict.fromkeys(SERVICES, answers)
    gateway = ComponentStatus(name="gateway", running=answers and _answers(settings.host, settings.port))
    return [*(_service(settings, name, running[name]) for name in SERVICES), gateway]


def check_system(settings: Settings) -> list[str]:
    """What keeps the house from running well, as sentences; empty when nothing does."""
    problems = [f"{line.name}: {line.trouble}" for line in system_status(settings) if line.trouble]
    if not settings.vendor.is_dir():
        problems.append(f"The browser files are missing ({settings.vendor}): run `make setup`.")
    if len(settings.secret_key) < 32:
        problems.append("SPACE_SECRET_KEY is short: give it at least 32 random characters.")
    return problems


def render(lines: list[ComponentStatus]) -> str:
    """A table for people."""
    ends = {line.name: line.service.log_end for line in lines if line.service}
    text = []
    for line in lines:
        state = {True: "running", False: "not running", None: "?"}[line.running]
        text.append(
            f"{line.name:<8} {state:<12} {line.trouble or (line.service.store if line.service else '')}"
        )
        if line.service is None:
            continue
        text.append(f"         log {line.service.log_end}, published {line.service.published}")
        for place in line.service.subscriptions:
            behind = ends.get(place.producer, place.cursor) - place.cursor
            held = (
                f", {place.held} subject(s) waiting, {place.parked} parked"
                if place.held or place.parked
                else ""
            )
            text.append(f"         reads {place.producer}: {place.cursor} ({behind} behind{held})")
        text += [f"         performs {_effects(each)}" for each in line.service.effects]
    return "\n".join(text)


def _effects(each: EffectStatus) -> str:
    since = f" since {each.oldest:%Y-%m-%d %H:%M:%S} UTC" if each.oldest else ""
    parked = f", {each.parked} given up" if each.parked else ""
    trouble = f" ({each.trouble})" if each.trouble else ""
    return f"{each.kind}: {each.waiting} waiting{since}{parked}{trouble}"


def _service(settings: Settings, name: str, running: bool | None) -> ComponentStatus:
    url = make_url(settings.databases[name])
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        # Looking must not make an empty one.
        place = url.render_as_string(hide_password=True)
        return ComponentStatus(
            name=name, running=running, trouble=f"{place} is not there yet: `space up` makes it"
        )
    database = Database(settings.databases[name])
    try:
        with database.reading() as session:
            service = service_status(session, name, database.place)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return ComponentStatus(
            name=name, running=running, trouble=f"its store {database.place} can't be read: {reason}"
        )
    finally:
        database.close()
    parked = sum(place.parked for place in service.subscriptions)
    troubles = [place.trouble for place in service.subscriptions if place.trouble]
    if parked:
        troubles.append(f"{parked} parked subject(s)")
    troubles += [f"{each.parked} given up of {each.kind}" for each in service.effects if each.parked]
    troubles += [f"{each.kind} waits: {each.trouble}" for each in service.effects if each.trouble]
    return ComponentStatus(name=name, running=running, trouble="; ".join(troubles), service=service)


def running_services(settings: Settings) -> dict[str, bool | None]:
    """Which services answer on the bus."""
    caller = Caller(settings.bus_url)
    running: dict[str, bool | None] = {}
    for name in SERVICES:
        try:
            with within(2):
                caller.client(Producer, name).log_end()
            running[name] = True
        except Unavailable:
            running[name] = False
    caller.close()
    return running


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
