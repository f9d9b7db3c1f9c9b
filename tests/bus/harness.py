"""The test services: alpha stores notes and publishes an event for each, beta stores copies of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session

from bus.container import create_container
from bus.entrypoints import call, on
from bus.eventlog import schema
from bus.eventlog.append import append_event
from bus.ops.status import ServiceStatus, service_status
from bus.outbox.runner import LIMITS
from bus.rpc.client import RpcClient
from bus.rpc.context import seconds_left
from bus.rpc.keys import CallKeys
from bus.rpc.signing import GATEWAY
from bus.service import Service
from bus.transport.connect import connect
from contracts.common import Event, Producer, Recorded, View, also_from, safe
from contracts.errors import NotFound, Unavailable
from core.audience import Viewer
from core.database import Database
from core.settings import Settings

tables = MetaData()
note = Table("note", tables, Column("id", Integer, primary_key=True), Column("text", String(200)))
copied = Table(
    "copied",
    tables,
    Column("id", Integer, primary_key=True),
    Column("seq", Integer),
    Column("text", String(200)),
)


_COPY = insert(copied)


class Note(View):
    id: int
    text: str


class Noted(Event):
    type: ClassVar[str] = "alpha.note.noted"
    text: str
    about: str = "all"
    who: str = "public"
    more: str = ""

    def subject(self) -> str:
        return f"note/{self.about}"

    def audience(self) -> str:
        return self.who


class AlphaApi(Producer, Protocol):
    def note(self, viewer: Viewer, text: str, about: str) -> Note: ...
    def read_note(self, viewer: Viewer, id: int) -> Note: ...
    def slow(self, viewer: Viewer, seconds: float) -> str: ...
    def broken(self, viewer: Viewer) -> str: ...
    def time_left(self, viewer: Viewer) -> float: ...
    @safe
    def stalls_once(self, viewer: Viewer) -> str: ...
    def stalls_for_good(self, viewer: Viewer) -> str: ...


class BetaApi(Producer, Protocol):
    def copied(self, viewer: Viewer) -> list[str]: ...


def write_note(session: Session, viewer: Viewer, text: str, about: str) -> Note:
    """The test action: inserts a row and appends its event."""
    result: Any = session.execute(insert(note).values(text=text))
    identity = result.inserted_primary_key
    append_event(session, Noted(text=text, about=about))
    return Note(id=identity[0], text=text)


def find_note(session: Session, viewer: Viewer, id: int) -> Note:
    row = session.execute(select(note).where(note.c.id == id)).first()
    if row is None:
        raise NotFound("note-unknown", params={"id": id})
    return Note(id=row.id, text=row.text)


def all_copied(session: Session, viewer: Viewer) -> list[str]:
    return list(session.execute(select(copied.c.text).order_by(copied.c.id)).scalars())


class AlphaService(Service):
    name = "alpha"
    stalled_calls: ClassVar[list[str]] = []
    running: ClassVar[int] = 0
    most_running: ClassVar[int] = 0

    @call
    def note(self, viewer: Viewer, text: str, about: str) -> Note:
        return self.write(write_note, viewer, text, about)

    @call
    def read_note(self, viewer: Viewer, id: int) -> Note:
        return self.read(find_note, viewer, id)

    @call
    def slow(self, viewer: Viewer, seconds: float) -> str:
        kind = type(self)
        kind.running += 1
        kind.most_running = max(kind.most_running, kind.running)
        time.sleep(seconds)
        kind.running -= 1
        return "done"

    @call
    @also_from("notify")
    def time_left(self, viewer: Viewer) -> float:
        return seconds_left()

    @call
    def stalls_once(self, viewer: Viewer) -> str:
        self.stalled_calls.append("stalls_once")
        time.sleep(3 if len(self.stalled_calls) == 1 else 0)
        return "at last"

    @call
    def stalls_for_good(self, viewer: Viewer) -> str:
        self.stalled_calls.append("stalls_for_good")
        time.sleep(3)
        return "too late"

    @call
    def broken(self, viewer: Viewer) -> str:
        raise RuntimeError("a bug")


class BetaService(Service):
    name = "beta"
    poison: ClassVar[set[str]] = set()
    slowness: ClassVar[float] = 0.0

    @call
    def copied(self, viewer: Viewer) -> list[str]:
        return self.read(all_copied, viewer)

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        session.execute(_COPY, {"seq": recorded.seq, "text": event.text})
        if self.slowness:
            time.sleep(self.slowness)
        if event.text in self.poison:
            raise ValueError(f"can't take {event.text}")


class BulkService(Service):
    """Like beta, but handles events in batches, with one statement for each."""

    name = "beta"

    @on(Noted, many=True)
    def noted(self, session: Session, pairs: Sequence[tuple[Noted, Recorded]]) -> None:
        session.execute(_COPY, [{"seq": recorded.seq, "text": event.text} for event, recorded in pairs])
        for event, _ in pairs:
            if event.text in BetaService.poison:
                raise ValueError(f"can't take {event.text}")


class BusHarness:
    """The test services with their databases, on one transport."""

    def __init__(self, bus_url: str, urls: dict[str, str], home: Path) -> None:
        self.settings = Settings(
            home=home,
            base_url="http://127.0.0.1",
            secret_key="k",
            bus_url=bus_url,
            databases=urls,
            vendor=home,
        )
        self.databases = {name: Database(url) for name, url in urls.items()}
        for database in self.databases.values():
            with database.engine.begin() as connection:
                schema.metadata.create_all(connection)
                tables.create_all(connection)
        self.transport = connect(bus_url, CallKeys(self.settings, GATEWAY))
        self.client = RpcClient(self.transport)
        self.outbox = LIMITS
        """The limits of task runners that are started from now on."""
        self.containers: dict[str, Any] = {}
        self.on_close: list[Callable[[], None]] = []
        """What else is to be stopped when the test ends."""
        self.alpha = self.client.proxy(AlphaApi, "alpha")
        self.beta = self.client.proxy(BetaApi, "beta")
        BetaService.poison = set()
        AlphaService.stalled_calls.clear()
        AlphaService.running = AlphaService.most_running = 0

    def start(self, *services: type[Service]) -> None:
        for service in services or (AlphaService, BetaService):
            container = self.container(service, self.databases[service.name])
            self.containers[service.name] = container
            container.start()
        for service in services or (AlphaService, BetaService):
            # A container that has started may not have its queue of calls yet.
            eventually(partial(self._serves, service.name))

    def _serves(self, service: str) -> bool:
        return self.client.proxy(Producer, service).log_end() >= 0

    def container(self, service: type[Service], database: Database) -> Any:
        """A new container, not started."""
        return create_container(service, self.settings, database, self.transport, self.client, self.outbox)

    def status(self, service: str) -> ServiceStatus:
        """The status of a service, as `space status` shows it."""
        with self.databases[service].reading() as session:
            return service_status(session, service, "")

    def wait_until_published(self, seq: int) -> None:
        """Wait until the broker, if there is one, has confirmed alpha's log up to `seq`."""
        if self.settings.distributed:
            eventually(lambda: self.status("alpha").published == seq)

    def problems(self, service: str) -> list[str]:
        """The problems that a running service's health reports."""
        return [
            problem for health in self.containers[service].config["health"] for problem in health.problems()
        ]

    def refusal_of_alpha(self) -> str:
        """The code of the error that a call to alpha raises, `""` if it succeeds."""
        try:
            self.alpha.log_end()
        except Unavailable as error:
            return error.code
        return ""

    def stop(self, service: type[Service]) -> None:
        self.containers.pop(service.name).stop()

    def close(self) -> None:
        for close in self.on_close:
            close()
        for container in self.containers.values():
            container.stop()
        self.transport.close()
        for database in self.databases.values():
            database.close()


def eventually(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until `condition` returns something true, and return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(Unavailable):
            if result := condition():
                return result
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")
