"""Two small services: alpha keeps notes and tells of them, beta keeps its own list of what it heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session

from bus.container import create_container
from bus.entrypoints import call, on
from bus.eventlog import schema
from bus.eventlog.append import append_event
from bus.rpc.client import Caller
from bus.rpc.context import seconds_left
from bus.service import Service
from contracts.common import Event, Producer, Recorded, View, safe
from contracts.errors import NotFound, Unavailable
from core.audience import Viewer
from core.database import Database
from core.settings import Settings

tables = MetaData()
note = Table("note", tables, Column("id", Integer, primary_key=True), Column("text", String(200)))
heard = Table(
    "heard",
    tables,
    Column("id", Integer, primary_key=True),
    Column("seq", Integer),
    Column("text", String(200)),
)


_HEAR = insert(heard)


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
    def heard(self, viewer: Viewer) -> list[str]: ...


def write_note(session: Session, viewer: Viewer, text: str, about: str) -> Note:
    """The toy action: a row and its event."""
    result: Any = session.execute(insert(note).values(text=text))
    identity = result.inserted_primary_key
    append_event(session, Noted(text=text, about=about))
    return Note(id=identity[0], text=text)


def find_note(session: Session, viewer: Viewer, id: int) -> Note:
    row = session.execute(select(note).where(note.c.id == id)).first()
    if row is None:
        raise NotFound("note-unknown", params={"id": id})
    return Note(id=row.id, text=row.text)


def all_heard(session: Session, viewer: Viewer) -> list[str]:
    return list(session.execute(select(heard.c.text).order_by(heard.c.id)).scalars())


class AlphaService(Service):
    name = "alpha"
    asked: ClassVar[list[str]] = []
    at_once: ClassVar[int] = 0
    most_at_once: ClassVar[int] = 0

    @call
    def note(self, viewer: Viewer, text: str, about: str) -> Note:
        return self.write(write_note, viewer, text, about)

    @call
    def read_note(self, viewer: Viewer, id: int) -> Note:
        return self.read(find_note, viewer, id)

    @call
    def slow(self, viewer: Viewer, seconds: float) -> str:
        kind = type(self)
        kind.at_once += 1
        kind.most_at_once = max(kind.most_at_once, kind.at_once)
        time.sleep(seconds)
        kind.at_once -= 1
        return "done"

    @call
    def time_left(self, viewer: Viewer) -> float:
        return seconds_left()

    @call
    def stalls_once(self, viewer: Viewer) -> str:
        self.asked.append("stalls_once")
        time.sleep(3 if len(self.asked) == 1 else 0)
        return "at last"

    @call
    def stalls_for_good(self, viewer: Viewer) -> str:
        self.asked.append("stalls_for_good")
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
    def heard(self, viewer: Viewer) -> list[str]:
        return self.read(all_heard, viewer)

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        session.execute(_HEAR, {"seq": recorded.seq, "text": event.text})
        if self.slowness:
            time.sleep(self.slowness)
        if event.text in self.poison:
            raise ValueError(f"can't take {event.text}")


class BulkService(Service):
    """Like beta, but it takes many events with one statement."""

    name = "beta"

    @on(Noted, many=True)
    def noted(self, session: Session, pairs: Sequence[tuple[Noted, Recorded]]) -> None:
        session.execute(_HEAR, [{"seq": recorded.seq, "text": event.text} for event, recorded in pairs])
        for event, _ in pairs:
            if event.text in BetaService.poison:
                raise ValueError(f"can't take {event.text}")


class Street:
    """The two services with their databases, started and stopped one by one."""

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
        self.caller = Caller(bus_url)
        self.containers: dict[str, Any] = {}
        self.alpha = self.caller.client(AlphaApi, "alpha")
        self.beta = self.caller.client(BetaApi, "beta")
        BetaService.poison = set()
        AlphaService.asked.clear()
        AlphaService.at_once = AlphaService.most_at_once = 0

    def start(self, *services: type[Service]) -> None:
        for service in services or (AlphaService, BetaService):
            container = create_container(service, self.settings, self.databases[service.name], self.caller)
            self.containers[service.name] = container
            container.start()

    def stop(self, service: type[Service]) -> None:
        self.containers.pop(service.name).stop()

    def close(self) -> None:
        for container in self.containers.values():
            container.stop()
        self.caller.close()
        for database in self.databases.values():
            database.close()


def eventually(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait until `condition` answers something true, and answer that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(Unavailable):
            if answer := condition():
                return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")
